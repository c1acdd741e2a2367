import { toBody } from './body.js'
import { createExtras, type Extras } from './extras.js'
import { negativePrompt, requirePrompt } from './prompt.js'
import { dropQuality, dropSize, dropTransparency, toOutputFormat } from './shared-words.js'
import { PROMPT_CHARACTERS_MAX, SEED_MAX, STABILITY_INPUT, toAspectRatio } from './stability-words.js'
import type { ImageAdapter, ImageCallInput } from './types.js'

interface GeneratorRules {
  /** Starts from a picture, too. */
  readonly edits: boolean
  /** Has to be told which of both it does. */
  readonly mode: boolean
}

/**
 * How far an edit goes where the client does not say: 0 is the very picture, 1 is as if there were none. At 0.5 and below
 * words change hardly anything, near 1 the scene is lost; at 0.7 both can be seen.
 */
const STRENGTH_DEFAULT = 0.7

/** PNG and JPEG are what the pages of all three name. */
const FORMATS = ['png', 'jpeg'] as const

/** stability.sd3-5-large-v1:0. */
export const sd35Large = createGenerator({ edits: true, mode: true })
/** stability.stable-image-core-v1:1. */
export const stableImageCore = createGenerator({ edits: false, mode: false })
/** stability.stable-image-ultra-v1:1: its `mode` knows only text-to-image; a picture beside the words makes the other. */
export const stableImageUltra = createGenerator({ edits: true, mode: false })

function createGenerator(rules: GeneratorRules): ImageAdapter {
  return {
    generates: true,
    // These pages name no aspect; what is transparent has no colour to start from.
    input: rules.edits ? { ...STABILITY_INPUT, sideMax: 16_384, aspectMax: null, alpha: false } : null,
    maskOf: () => 'none',
    imagesPerCall: 1,
    outputFormats: FORMATS,
    seedMax: SEED_MAX,
    seedDefault: 'random',
    toBody: (input) => toGeneratorBody(input, rules),
  }
}

function toGeneratorBody(input: ImageCallInput, { mode }: GeneratorRules): Readonly<Record<string, unknown>> {
  const { request, edit, seed, dropped } = input
  const extras = createExtras(request.others, dropped)
  const body = toBody({
    prompt: requirePrompt(request, PROMPT_CHARACTERS_MAX),
    mode: mode ? (edit === null ? 'text-to-image' : 'image-to-image') : null,
    ...(edit === null ? { aspect_ratio: toAspectRatio(input, extras) } : imageMembers(input, extras)),
    seed,
    negative_prompt: negativePrompt(request, PROMPT_CHARACTERS_MAX),
    output_format: toOutputFormat(input, FORMATS),
  })
  dropQuality(input)
  if (request.style !== null) dropped.add('style')
  dropTransparency(input)
  extras.dropRest()
  return body
}

/** The picture gives the shape: `aspect_ratio` is for words alone. */
function imageMembers(input: ImageCallInput, extras: Extras): Record<string, unknown> {
  dropSize(input)
  return {
    image: input.edit?.images[0]?.base64,
    strength: extras.number(['strength'], { minimum: 0, maximum: 1 }) ?? STRENGTH_DEFAULT,
  }
}
