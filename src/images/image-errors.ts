import { INFERENCE_ERROR } from '../aws/failure-kind.js'
import { type ErrorDetails, GatewayError } from '../errors.js'

/** Of Titan and Nova Canvas, as a refusal of the call: "This request has been blocked by our content filters." */
const BLOCKED = /content filter|content polic|responsible AI|\bAUP\b/i

/** Messages short enough to be read as the reason of a status: Open WebUI shows nothing else (openwebui-contract §5). */
const FILTERED = [
  { words: /guardrail/i, param: 'prompt', message: 'Blocked by the guardrail' },
  { words: /input image/i, param: 'image', message: 'Image blocked by the content filter' },
  { words: /output|generated/i, param: 'prompt', message: 'Result blocked by the content filter' },
] as const
const FILTERED_PROMPT = { param: 'prompt', message: 'Prompt blocked by the content filter' } as const

/** The refusal of a request of which every picture was held back; `filtered` is what the model said (facts C11). */
export function filteredError(filtered: string, details: ErrorDetails = {}): GatewayError {
  const { param, message } = FILTERED.find(({ words }) => words.test(filtered)) ?? FILTERED_PROMPT
  return new GatewayError('content_policy_violation', message, { ...details, param })
}

/** The model broke down over a picture; the same call may work later. */
export function inferenceError(requestId: string | null): GatewayError {
  return new GatewayError('upstream_error', 'The image model failed: send the request again.', {
    upstream: { type: INFERENCE_ERROR, status: 200, requestId },
  })
}

/** A reply that is not what its protocol says. */
export function malformedReply(): GatewayError {
  return new GatewayError('upstream_error', 'Bedrock sent something else than pictures.')
}

/**
 * The request must be watched by a guardrail, and nothing says that it was: the picture is paid for, but not given out. AWS
 * ("How Amazon Bedrock Guardrails works") has guardrails for every image model, and InvokeModel's reply says what each did.
 */
export function unwatchedError(): GatewayError {
  return new GatewayError(
    'unsupported',
    'The guardrail of this request did not watch the model: use another model, or a request without a guardrail.',
    { param: 'model' },
  )
}

/** A refusal of the content among the failures of an InvokeModel call; any other one as it is. */
export function toImageError(error: unknown): unknown {
  if (!(error instanceof GatewayError) || error.upstream?.status !== 400) return error
  if (!BLOCKED.test(error.message)) return error
  return filteredError(error.message, { upstream: error.upstream, cause: error })
}
