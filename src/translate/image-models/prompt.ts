import { GatewayError } from '../../errors.js'
import type { ImageRequest } from '../../openai/image-types.js'
import { requireLength } from './extras.js'

/** The prompt where a model can do without; throws a `GatewayError` for one that is too long. */
export function optionalPrompt({ prompt }: ImageRequest, charactersMax: number): string | null {
  return prompt === null ? null : requireLength(prompt, { param: 'prompt', charactersMax })
}

/** Throws a `GatewayError` for a prompt that is missing or too long. */
export function requirePrompt(request: ImageRequest, charactersMax: number): string {
  const prompt = optionalPrompt(request, charactersMax)
  if (prompt !== null) return prompt
  throw new GatewayError('invalid_request', 'prompt must be a text that says what to make, got none', {
    param: 'prompt',
  })
}

/** What is not to be seen; throws a `GatewayError` for a text that is too long. */
export function negativePrompt({ negativePrompt: text }: ImageRequest, charactersMax: number): string | null {
  return text === null ? null : requireLength(text, { param: 'negative_prompt', charactersMax })
}
