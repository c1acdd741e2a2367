import { type ObjectSchema, object, oneOf, type Schema } from './schema.js'

// Members, lengths and ranges: AWS Bedrock user guide, "Stability.ai Stable Diffusion 3.5 Large", "Stable Image Core", "Stable Image
// Ultra" and "Stability AI Image Services" (facts C11). An empty prompt is fine: "Minimum 0".

const TEXT: Schema = { type: 'string', maxLength: 10_000 }
const PICTURE: Schema = { type: 'string' }
const SHARE: Schema = { type: 'number', minimum: 0, maximum: 1 }
const SEED: Schema = { type: 'integer', minimum: 0, maximum: 4_294_967_294 }
const GROW_MASK: Schema = { type: 'integer', minimum: 0, maximum: 20 }
const OUTSIDE: Schema = { type: 'integer', minimum: 0, maximum: 2000 }

/** Sizes of about a megapixel for each `aspect_ratio`; square ones have 1024 pixels a side. */
export const ASPECT_SIZES: Readonly<Record<string, readonly [width: number, height: number]>> = {
  '16:9': [1344, 768],
  '1:1': [1024, 1024],
  '21:9': [1536, 640],
  '2:3': [832, 1216],
  '3:2': [1216, 832],
  '4:5': [896, 1088],
  '5:4': [1088, 896],
  '9:16': [768, 1344],
  '9:21': [640, 1536],
}

const ASPECT_RATIO = oneOf(...Object.keys(ASPECT_SIZES))
const OUTPUT_FORMAT = oneOf('jpeg', 'png', 'webp')
const STYLE_PRESET = oneOf(
  '3d-model',
  'analog-film',
  'anime',
  'cinematic',
  'comic-book',
  'digital-art',
  'enhance',
  'fantasy-art',
  'isometric',
  'line-art',
  'low-poly',
  'modeling-compound',
  'neon-punk',
  'origami',
  'photographic',
  'pixel-art',
  'tile-texture',
)

const OUTPUT = { output_format: OUTPUT_FORMAT }
const SEEDED = { ...OUTPUT, seed: SEED }
const WORDED = { ...SEEDED, prompt: TEXT, negative_prompt: TEXT }
const STYLED = { ...WORDED, style_preset: STYLE_PRESET }
// aws-samples/stabilityai-sample-notebooks sends `style_preset` to all three generating models; their AWS pages do not name it.
const GENERATING = { ...STYLED, aspect_ratio: ASPECT_RATIO }
const FROM_PICTURE = { image: PICTURE, strength: SHARE }
const CREATIVITY: Schema = { type: 'number', minimum: 0.1, maximum: 0.5 }

/** What an input picture must be; sides and areas in pixels. */
export interface PictureLimits {
  readonly sideMin: number
  readonly sideMax?: number
  readonly pixelsMin?: number
  readonly pixelsMax?: number
  /** Longer by shorter side. */
  readonly aspectMax?: number
}

const SERVICE_PICTURE: PictureLimits = { sideMin: 64, pixelsMax: 9_437_184, aspectMax: 2.5 }

/** How a model's answer relates to its input picture. */
export type StabilityKind =
  /** From words; from a picture too where one is sent. */
  | 'generate'
  /** Edits what a mask or the alpha channel says. */
  | 'mask'
  /** Edits what a prompt names. */
  | 'search'
  | 'outpaint'
  | 'remove-background'
  /** A new picture of the input's size. */
  | 'restyle'
  /** The input made larger. */
  | 'upscale'

export interface StabilityModel {
  /** In the model's id, and the `taskType` of `hashOfRequest`. */
  readonly name: string
  readonly kind: StabilityKind
  readonly schema: ObjectSchema
  readonly picture: PictureLimits
  /** Members that hold pictures with these limits; the first is what is edited. */
  readonly pictures: readonly string[]
}

const service = (
  name: string,
  kind: StabilityKind,
  schema: ObjectSchema,
  rest: { readonly picture?: PictureLimits; readonly pictures?: readonly string[] } = {},
): StabilityModel => ({ name, kind, schema, picture: SERVICE_PICTURE, pictures: ['image'], ...rest })

/** Every Stability model by what its id has between `stability.` (and `stable-`, `stable-image-`) and its version. */
export const STABILITY_MODELS: readonly StabilityModel[] = [
  service(
    'sd3-5-large',
    'generate',
    object({ ...GENERATING, ...FROM_PICTURE, mode: oneOf('text-to-image', 'image-to-image') }, ['prompt']),
    { picture: { sideMin: 64 } },
  ),
  service('core', 'generate', object({ ...GENERATING, mode: oneOf('text-to-image') }, ['prompt'])),
  service(
    'ultra',
    'generate',
    object({ ...GENERATING, ...FROM_PICTURE, mode: oneOf('text-to-image', 'image-to-image') }, ['prompt']),
    { picture: { sideMin: 64 } },
  ),
  service(
    'inpaint',
    'mask',
    object({ ...STYLED, image: PICTURE, mask: PICTURE, grow_mask: GROW_MASK }, ['prompt', 'image']),
  ),
  service(
    'erase-object',
    'mask',
    object({ ...SEEDED, image: PICTURE, mask: PICTURE, grow_mask: GROW_MASK }, ['image']),
  ),
  service(
    'outpaint',
    'outpaint',
    object(
      {
        ...SEEDED,
        prompt: TEXT,
        style_preset: STYLE_PRESET,
        image: PICTURE,
        creativity: { type: 'number', minimum: 0.1, maximum: 1 },
        left: OUTSIDE,
        right: OUTSIDE,
        up: OUTSIDE,
        down: OUTSIDE,
      },
      ['image'],
    ),
  ),
  service(
    'search-replace',
    'search',
    object({ ...STYLED, image: PICTURE, search_prompt: TEXT, grow_mask: GROW_MASK }, [
      'prompt',
      'image',
      'search_prompt',
    ]),
  ),
  service(
    'search-recolor',
    'search',
    object({ ...STYLED, image: PICTURE, select_prompt: TEXT, grow_mask: GROW_MASK }, [
      'prompt',
      'image',
      'select_prompt',
    ]),
  ),
  service('remove-background', 'remove-background', object({ ...OUTPUT, image: PICTURE }, ['image'])),
  service(
    'control-sketch',
    'restyle',
    object({ ...STYLED, image: PICTURE, control_strength: SHARE }, ['prompt', 'image']),
  ),
  service(
    'control-structure',
    'restyle',
    object({ ...STYLED, image: PICTURE, control_strength: SHARE }, ['prompt', 'image']),
  ),
  service(
    'style-guide',
    'generate',
    object({ ...GENERATING, image: PICTURE, fidelity: SHARE }, ['prompt', 'image']),
  ),
  service(
    'style-transfer',
    'restyle',
    object(
      {
        ...WORDED,
        init_image: PICTURE,
        style_image: PICTURE,
        composition_fidelity: SHARE,
        style_strength: SHARE,
        change_strength: { type: 'number', minimum: 0.1, maximum: 1 },
      },
      ['init_image', 'style_image'],
    ),
    { pictures: ['init_image', 'style_image'] },
  ),
  service(
    'creative-upscale',
    'upscale',
    object({ ...STYLED, image: PICTURE, creativity: CREATIVITY }, ['prompt', 'image']),
    { picture: { sideMin: 64, pixelsMin: 4096, pixelsMax: 1_048_576 } },
  ),
  service(
    'conservative-upscale',
    'upscale',
    object({ ...WORDED, image: PICTURE, creativity: CREATIVITY }, ['prompt', 'image']),
  ),
  service('fast-upscale', 'upscale', object({ ...OUTPUT, image: PICTURE }, ['image']), {
    picture: { sideMin: 32, sideMax: 1536, pixelsMin: 1024, pixelsMax: 1_048_576 },
  }),
]

/** The model of an id such as `stability.stable-image-inpaint-v1:0`; undefined: there is none. */
export function stabilityModel(modelId: string): StabilityModel | undefined {
  const name = /^stability\.(?:stable-(?:image-)?)?(.+)-v\d/.exec(modelId)?.[1]
  return STABILITY_MODELS.find((model) => model.name === name)
}
