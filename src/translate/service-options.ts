import type { ConverseRequest } from '../bedrock/types.js'
import type { ChatRequest } from '../openai/types.js'
import type { DropList } from './drop-list.js'
import type { TranslationContext } from './policy.js'

/** What is said to the service rather than to the model: guardrail, tier, latency, log metadata. */
export type ServiceOptions = Pick<
  ConverseRequest,
  'guardrailConfig' | 'serviceTier' | 'performanceConfig' | 'requestMetadata'
>

export function toServiceOptions(
  _request: ChatRequest,
  _context: TranslationContext,
  _dropped: DropList,
): ServiceOptions {
  return {}
}
