import type { ImageSize } from '../../openai/image-types.js'
import type { Extras } from './extras.js'
import { nearestOf } from './nearest-size.js'
import type { ImageCallInput, InputImageRules } from './types.js'

// What all of Stability's models on Bedrock share (facts C11; AWS, "Stability AI models" and "Stability AI Image Services").

export const PROMPT_CHARACTERS_MAX = 10_000
export const SEED_MAX = 4_294_967_294

interface Ratio extends ImageSize {
  readonly name: string
}

const RATIOS: readonly [Ratio, ...Ratio[]] = [
  { name: '1:1', width: 1, height: 1 },
  { name: '16:9', width: 16, height: 9 },
  { name: '21:9', width: 21, height: 9 },
  { name: '2:3', width: 2, height: 3 },
  { name: '3:2', width: 3, height: 2 },
  { name: '4:5', width: 4, height: 5 },
  { name: '5:4', width: 5, height: 4 },
  { name: '9:16', width: 9, height: 16 },
  { name: '9:21', width: 9, height: 21 },
]
const RATIO_NAMES = RATIOS.map(({ name }) => name)

export const STYLE_PRESETS = [
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
] as const

/** What every service takes as its picture; some take less. */
export const STABILITY_INPUT: InputImageRules = {
  formats: ['png', 'jpeg', 'webp'],
  sideMin: 64,
  // By the pixels and the aspect.
  sideMax: 4857,
  pixelsMin: 4096,
  pixelsMax: 9_437_184,
  aspectMax: 2.5,
  alpha: true,
  countMax: 1,
}

/** The shape of the picture: the client's own `aspect_ratio`, else the one nearest to `size`; null: the model's default. */
export function toAspectRatio({ request, dropped }: ImageCallInput, extras: Extras): string | null {
  const named = extras.word(['aspect_ratio', 'aspectRatio'], RATIO_NAMES)
  if (named !== null && request.size !== null) dropped.add('size')
  if (named !== null) return named
  return request.size === null ? null : nearestOf(request.size, RATIOS).name
}
