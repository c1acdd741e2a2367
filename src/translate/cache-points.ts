import type { ConverseRequest } from '../bedrock/types.js'
import type { ChatRequest } from '../openai/types.js'
import type { TranslationContext } from './policy.js'

/**
 * The same request with cache points where they pay. Points that the client asked for stand in `request.messages` already;
 * with the mode `auto` more are set, up to the model's most.
 */
export function withCachePoints(
  body: ConverseRequest,
  _request: ChatRequest,
  _context: TranslationContext,
): ConverseRequest {
  return body
}
