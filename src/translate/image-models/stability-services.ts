import { GatewayError } from '../../errors.js'
import { toBody } from './body.js'
import { createExtras, type Extras, matchWord, type NumberRange } from './extras.js'
import { toOutpaintSides } from './outpaint-sides.js'
import { negativePrompt, optionalPrompt, requirePrompt } from './prompt.js'
import { splitSearchWords } from './search-words.js'
import { dropQuality, dropSize, dropTransparency, toOutputFormat } from './shared-words.js'
import {
  PROMPT_CHARACTERS_MAX,
  SEED_MAX,
  STABILITY_INPUT,
  STYLE_PRESETS,
  toAspectRatio,
} from './stability-words.js'
import type { ImageAdapter, ImageCallInput, InputImageRules } from './types.js'

interface ServiceRules {
  /** `search` and `select`: words that name a thing in the picture go with it. `none`: clients always send one, unread. */
  readonly prompt: 'required' | 'optional' | 'none' | 'search' | 'select'
  /** Where its pictures go, in the order they come. */
  readonly images: readonly string[]
  readonly input: InputImageRules
  readonly mask: boolean
  readonly negativePrompt: boolean
  readonly seed: boolean
  readonly stylePreset: boolean
  /** Numbers of its own, under the same names in requests. */
  readonly numbers: Readonly<Record<string, NumberRange>>
  /** `aspect`: makes a new picture of a wanted shape. `sides`: paints around it. `input`: as its picture is. */
  readonly size: 'aspect' | 'sides' | 'input'
  /** Its pictures have no background. */
  readonly transparent: boolean
}

const FORMATS = ['png', 'jpeg', 'webp'] as const
const GROW_MASK: NumberRange = { minimum: 0, maximum: 20, whole: true }
const FROM_0_TO_1: NumberRange = { minimum: 0, maximum: 1 }
const UPSCALE_CREATIVITY: NumberRange = { minimum: 0.1, maximum: 0.5 }

const SERVICE: ServiceRules = {
  prompt: 'required',
  images: ['image'],
  input: STABILITY_INPUT,
  mask: false,
  negativePrompt: true,
  seed: true,
  stylePreset: true,
  numbers: {},
  size: 'input',
  transparent: false,
}

/** By the middle of their ids; AWS, "Stability AI Image Services", names what each of them takes. */
const SERVICE_RULES = {
  'stable-image-inpaint': { ...SERVICE, mask: true, numbers: { grow_mask: GROW_MASK } },
  'stable-image-erase-object': {
    ...SERVICE,
    prompt: 'none',
    mask: true,
    negativePrompt: false,
    stylePreset: false,
    numbers: { grow_mask: GROW_MASK },
  },
  'stable-outpaint': {
    ...SERVICE,
    prompt: 'optional',
    negativePrompt: false,
    numbers: { creativity: { minimum: 0.1, maximum: 1 } },
    size: 'sides',
  },
  'stable-image-search-replace': { ...SERVICE, prompt: 'search', numbers: { grow_mask: GROW_MASK } },
  'stable-image-search-recolor': { ...SERVICE, prompt: 'select', numbers: { grow_mask: GROW_MASK } },
  'stable-image-remove-background': {
    ...SERVICE,
    prompt: 'none',
    negativePrompt: false,
    seed: false,
    stylePreset: false,
    transparent: true,
  },
  'stable-image-control-sketch': { ...SERVICE, numbers: { control_strength: FROM_0_TO_1 } },
  'stable-image-control-structure': { ...SERVICE, numbers: { control_strength: FROM_0_TO_1 } },
  'stable-image-style-guide': { ...SERVICE, numbers: { fidelity: FROM_0_TO_1 }, size: 'aspect' },
  'stable-style-transfer': {
    ...SERVICE,
    prompt: 'optional',
    images: ['init_image', 'style_image'],
    input: { ...STABILITY_INPUT, countMax: 2 },
    stylePreset: false,
    numbers: {
      style_strength: FROM_0_TO_1,
      composition_fidelity: FROM_0_TO_1,
      change_strength: { minimum: 0.1, maximum: 1 },
    },
  },
  'stable-creative-upscale': {
    ...SERVICE,
    input: { ...STABILITY_INPUT, sideMax: 16_384, pixelsMax: 1_048_576, aspectMax: null },
    numbers: { creativity: UPSCALE_CREATIVITY },
  },
  'stable-conservative-upscale': {
    ...SERVICE,
    stylePreset: false,
    numbers: { creativity: UPSCALE_CREATIVITY },
  },
  'stable-fast-upscale': {
    ...SERVICE,
    prompt: 'none',
    input: {
      ...STABILITY_INPUT,
      sideMin: 32,
      sideMax: 1536,
      pixelsMin: 1024,
      pixelsMax: 1_048_576,
      aspectMax: null,
    },
    negativePrompt: false,
    seed: false,
    stylePreset: false,
  },
} as const satisfies Record<string, ServiceRules>

/** The 13 image services, by the id's part between `stability.` and the version. */
export const STABILITY_SERVICES: readonly (readonly [name: string, adapter: ImageAdapter])[] = Object.entries(
  SERVICE_RULES,
).map(([name, rules]) => [name, createService(rules)])

function createService(rules: ServiceRules): ImageAdapter {
  return {
    generates: false,
    input: rules.input,
    maskOf: () => (rules.mask ? 'white-edits' : 'none'),
    imagesPerCall: 1,
    outputFormats: FORMATS,
    seedMax: SEED_MAX,
    seedDefault: 'random',
    toBody: (input) => toServiceBody(input, rules),
  }
}

function toServiceBody(input: ImageCallInput, rules: ServiceRules): Readonly<Record<string, unknown>> {
  const { request, edit, seed, dropped } = input
  const extras = createExtras(request.others, dropped)
  const body = toBody({
    ...imageMembers(input, rules),
    // Without one a transparent part of the picture itself is the mask.
    mask: edit?.mask,
    ...promptMembers(input, { rules, extras }),
    negative_prompt: rules.negativePrompt ? negativePrompt(request, PROMPT_CHARACTERS_MAX) : null,
    ...Object.fromEntries(
      Object.entries(rules.numbers).map(([name, range]) => [name, extras.number([name], range)]),
    ),
    ...sizeMembers(input, { rules, extras }),
    style_preset: rules.stylePreset ? toStylePreset(input, extras) : null,
    seed: rules.seed ? seed : null,
    output_format: toOutputFormat(input, FORMATS),
  })
  dropUnsaid(input, rules)
  extras.dropRest()
  return body
}

function imageMembers({ edit }: ImageCallInput, { images }: ServiceRules): Record<string, unknown> {
  return Object.fromEntries(
    images.map((member, index) => {
      const image = edit?.images[index]
      if (image !== undefined) return [member, image.base64]
      const param = index === 0 ? 'image' : `image[${index}]`
      throw new GatewayError(
        'invalid_request',
        `${param} must be a picture: this model takes ${images.length}, got ${edit?.images.length ?? 0}`,
        { param },
      )
    }),
  )
}

interface ServiceContext {
  readonly rules: ServiceRules
  readonly extras: Extras
}

function promptMembers(input: ImageCallInput, { rules, extras }: ServiceContext): Record<string, unknown> {
  const { request } = input
  switch (rules.prompt) {
    case 'required':
      return { prompt: requirePrompt(request, PROMPT_CHARACTERS_MAX) }
    case 'optional':
      return { prompt: optionalPrompt(request, PROMPT_CHARACTERS_MAX) }
    case 'none':
      return {}
    case 'search':
      return searchMembers(requirePrompt(request, PROMPT_CHARACTERS_MAX), extras)
    case 'select':
      return selectMembers(requirePrompt(request, PROMPT_CHARACTERS_MAX), extras)
    default:
      return rules.prompt satisfies never
  }
}

/** The prompt names what is to be there, and nothing of that is in the picture: what goes has to be said. */
function searchMembers(prompt: string, extras: Extras): Record<string, unknown> {
  const said = extras.text(['search_prompt', 'searchPrompt'], PROMPT_CHARACTERS_MAX)
  if (said !== null) return { prompt, search_prompt: said }
  const words = splitSearchWords(prompt)
  if (words !== null) return { prompt: words.prompt, search_prompt: words.search }
  throw new GatewayError(
    'invalid_request',
    'search_prompt must name what to replace; a prompt of the form "cat => dog" names both',
    { param: 'search_prompt' },
  )
}

/** Here the thing stays and its colour changes: a prompt such as "pink jacket" names what to look for, too. */
function selectMembers(prompt: string, extras: Extras): Record<string, unknown> {
  const said = extras.text(['select_prompt', 'selectPrompt'], PROMPT_CHARACTERS_MAX)
  if (said !== null) return { prompt, select_prompt: said }
  const words = splitSearchWords(prompt)
  return { prompt: words?.prompt ?? prompt, select_prompt: words?.search ?? prompt }
}

function sizeMembers(input: ImageCallInput, { rules, extras }: ServiceContext): Record<string, unknown> {
  if (rules.size === 'aspect') return { aspect_ratio: toAspectRatio(input, extras) }
  if (rules.size === 'sides') return { ...toOutpaintSides(input, extras) }
  dropSize(input)
  return {}
}

/** `style_preset`, else a `style` that is one of its words. */
function toStylePreset({ request, dropped }: ImageCallInput, extras: Extras): string | null {
  const named = extras.word(['style_preset', 'stylePreset'], STYLE_PRESETS)
  const style = request.style === null ? null : matchWord(request.style, STYLE_PRESETS)
  if (request.style !== null && (style === null || named !== null)) dropped.add('style')
  return named ?? style
}

function dropUnsaid(input: ImageCallInput, rules: ServiceRules): void {
  const { request, dropped } = input
  dropQuality(input)
  if (!rules.negativePrompt && request.negativePrompt !== null) dropped.add('negative_prompt')
  if (!rules.seed && request.seed !== null) dropped.add('seed')
  if (!rules.stylePreset && request.style !== null) dropped.add('style')
  if (!rules.transparent) dropTransparency(input)
  else if (request.background === 'opaque') dropped.add('background')
}
