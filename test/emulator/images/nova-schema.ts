import { type ObjectSchema, object, oneOf, type Schema } from './schema.js'

/** What differs between Nova Canvas and Titan Image Generator v2 in their requests. */
export interface NovaTraits {
  /** Longest text, negative text and mask prompt in characters. */
  readonly textMax: number
  /** Bounds of one side; what is more than that stands in `nova-sizes.ts`. */
  readonly side: Schema
  /** Nova Canvas only: styles, VIRTUAL_TRY_ON. */
  readonly isCanvas: boolean
  readonly seedDefault: number
}

/** AWS Nova user guide, "Image generation and editing" (facts C11). */
export const CANVAS: NovaTraits = {
  textMax: 1024,
  side: { type: 'integer', minimum: 320, maximum: 4096, multipleOf: 16 },
  isCanvas: true,
  seedDefault: 12,
}

/** AWS Bedrock user guide, "Amazon Titan Image Generator G1 models" (facts C11). */
export const TITAN: NovaTraits = { textMax: 512, side: { type: 'integer' }, isCanvas: false, seedDefault: 42 }

/** Where each task keeps its parameters. */
export const PARAMETERS = {
  TEXT_IMAGE: 'textToImageParams',
  COLOR_GUIDED_GENERATION: 'colorGuidedGenerationParams',
  IMAGE_VARIATION: 'imageVariationParams',
  INPAINTING: 'inPaintingParams',
  OUTPAINTING: 'outPaintingParams',
  BACKGROUND_REMOVAL: 'backgroundRemovalParams',
  VIRTUAL_TRY_ON: 'virtualTryOnParams',
} as const

export type TaskType = keyof typeof PARAMETERS

export function taskTypes({ isCanvas }: NovaTraits): readonly TaskType[] {
  const all = Object.keys(PARAMETERS) as TaskType[]
  return isCanvas ? all : all.filter((taskType) => taskType !== 'VIRTUAL_TRY_ON')
}

/** The whole body of one task. Members, lengths and ranges: facts C11 and the two pages above. */
export function bodySchema(taskType: TaskType, traits: NovaTraits): ObjectSchema {
  const parameters = PARAMETERS[taskType]
  const members = { taskType: oneOf(...taskTypes(traits)), [parameters]: parameterSchema(taskType, traits) }
  // Facts C11: BACKGROUND_REMOVAL has no imageGenerationConfig.
  if (taskType === 'BACKGROUND_REMOVAL') return object(members, ['taskType', parameters])
  return object({ ...members, imageGenerationConfig: configSchema(traits) }, ['taskType', parameters])
}

const PICTURE: Schema = { type: 'string' }
const FLAG: Schema = { type: 'boolean' }
const SHARE: Schema = { type: 'number', minimum: 0, maximum: 1 }
const STYLES = oneOf(
  '3D_ANIMATED_FAMILY_FILM',
  'DESIGN_SKETCH',
  'FLAT_VECTOR_ILLUSTRATION',
  'GRAPHIC_NOVEL_ILLUSTRATION',
  'MAXIMALISM',
  'MIDCENTURY_RETRO',
  'PHOTOREALISM',
  'SOFT_DIGITAL_PAINTING',
)

// AWS's own examples send width and height with edits too, which then say nothing: "The output size is the same as the input size."
function configSchema({ side }: NovaTraits): ObjectSchema {
  return object({
    numberOfImages: { type: 'integer', minimum: 1, maximum: 5 },
    quality: oneOf('standard', 'premium'),
    width: side,
    height: side,
    cfgScale: { type: 'number', minimum: 1.1, maximum: 10 },
    seed: { type: 'integer', minimum: 0, maximum: 2_147_483_646 },
  })
}

function parameterSchema(taskType: TaskType, traits: NovaTraits): ObjectSchema {
  const text: Schema = { type: 'string', minLength: 1, maxLength: traits.textMax }
  const texts = { text, negativeText: text }
  const masks = { maskPrompt: text, maskImage: PICTURE, returnMask: FLAG }
  switch (taskType) {
    case 'TEXT_IMAGE':
      return object(
        {
          ...texts,
          conditionImage: PICTURE,
          controlMode: oneOf('CANNY_EDGE', 'SEGMENTATION'),
          controlStrength: SHARE,
          ...(traits.isCanvas ? { style: STYLES } : {}),
        },
        ['text'],
      )
    case 'COLOR_GUIDED_GENERATION': {
      const colour: Schema = { type: 'string', pattern: '^#[A-Fa-f0-9]{6}$' }
      const colors: Schema = { type: 'array', items: colour, minItems: 1, maxItems: 10 }
      return object({ ...texts, colors, referenceImage: PICTURE }, ['text', 'colors'])
    }
    case 'IMAGE_VARIATION': {
      const images: Schema = { type: 'array', items: PICTURE, minItems: 1, maxItems: 5 }
      return object({ ...texts, images, similarityStrength: { type: 'number', minimum: 0.2, maximum: 1 } }, [
        'images',
      ])
    }
    case 'INPAINTING':
      return object({ ...texts, ...masks, image: PICTURE }, ['image'])
    case 'OUTPAINTING':
      // The Titan page says that the text is required here.
      return object(
        { ...texts, ...masks, image: PICTURE, outPaintingMode: oneOf('DEFAULT', 'PRECISE') },
        traits.isCanvas ? ['image'] : ['image', 'text'],
      )
    case 'BACKGROUND_REMOVAL':
      return object({ image: PICTURE }, ['image'])
    case 'VIRTUAL_TRY_ON':
      return tryOnSchema(text)
    default:
      return taskType satisfies never
  }
}

const MASK_SHAPES = oneOf('CONTOUR', 'BOUNDING_BOX', 'DEFAULT')
const SWITCH = oneOf('ON', 'OFF', 'DEFAULT')

// The Nova page as facts C11 has it. garmentClass, garmentStyling and the switches are not listed there: taken as they come.
function tryOnSchema(text: Schema): ObjectSchema {
  const styling = { type: 'string' } as const
  return object(
    {
      sourceImage: PICTURE,
      referenceImage: PICTURE,
      maskType: oneOf('IMAGE', 'GARMENT', 'PROMPT'),
      imageBasedMask: object({ maskImage: PICTURE }, ['maskImage']),
      garmentBasedMask: object(
        {
          maskShape: MASK_SHAPES,
          garmentClass: styling,
          garmentStyling: object({
            longSleeveStyle: styling,
            tuckingStyle: styling,
            outerLayerStyle: styling,
          }),
        },
        ['garmentClass'],
      ),
      promptBasedMask: object({ maskShape: MASK_SHAPES, maskPrompt: text }, ['maskPrompt']),
      maskExclusions: object({ preserveBodyPose: SWITCH, preserveHands: SWITCH, preserveFace: SWITCH }),
      mergeStyle: oneOf('BALANCED', 'SEAMLESS', 'DETAILED'),
      returnMask: FLAG,
    },
    ['sourceImage', 'referenceImage', 'maskType'],
  )
}
