import type { ImageFormat } from '../../openai/image-types.js'
import type { ImageCallInput } from './types.js'

/** OpenAI's words for more care than usual (`hd` of DALL-E 3, `high` of gpt-image), and Amazon's own. */
const PREMIUM: readonly string[] = ['hd', 'high', 'premium']
const STANDARD: readonly string[] = ['standard', 'medium', 'low']

/** `quality` for models with two of them; a word that means neither is dropped. */
export function toQuality({ request, dropped }: ImageCallInput): 'standard' | 'premium' | null {
  const word = request.quality?.toLowerCase() ?? null
  if (word === null) return null
  if (PREMIUM.includes(word)) return 'premium'
  if (STANDARD.includes(word)) return 'standard'
  dropped.add('quality')
  return null
}

/** `quality` for models with one: asking for the usual one is asking for what happens. */
export function dropQuality({ request, dropped }: ImageCallInput): void {
  const word = request.quality?.toLowerCase() ?? 'standard'
  if (word !== 'standard' && word !== 'medium') dropped.add('quality')
}

/** Pictures of most models are opaque. */
export function dropTransparency({ request, dropped }: ImageCallInput): void {
  if (request.background === 'transparent') dropped.add('background')
}

/** For models whose output is as large as their input: a wish for that very size is met. */
export function dropSize({ request, edit, dropped }: ImageCallInput): void {
  const [image] = edit?.images ?? []
  if (request.size === null) return
  if (request.size.width !== image?.width || request.size.height !== image.height) dropped.add('size')
}

/**
 * The format that a model is asked to write. A compression can't be said to any of them: then it writes PNG, so that
 * nothing is compressed twice.
 */
export function toOutputFormat({ request }: ImageCallInput, formats: readonly ImageFormat[]): ImageFormat {
  const asked = request.outputCompression === null && formats.includes(request.outputFormat)
  return asked ? request.outputFormat : 'png'
}
