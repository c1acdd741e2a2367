import type { GatewayError } from '../errors.js'

/** What another try of the same InvokeModel call is good for. */
export type FailureKind =
  /** AWS wants fewer calls: it works once there are. */
  | 'throttled'
  /** It may work in a moment, and nothing was charged: a 5xx, a model that is not ready, a connection that could not be made. */
  | 'passing'
  /** It may work, but the model was at it: a reply that took too long or broke off, a model that broke down over it. */
  | 'costly'
  /** Nothing that another try would change. */
  | 'final'

/** The type of a failure that a reply of status 200 tells of: Stability's "Inference error" (facts C11). */
export const INFERENCE_ERROR = 'InferenceError'

/** The one rule of what is worth another try; how often, and whether costly ones are, is for each endpoint to say. */
export function failureKindOf({ code, upstream, message }: GatewayError): FailureKind {
  switch (code) {
    case 'rate_limit_exceeded':
      return 'throttled'
    case 'upstream_unavailable':
      // A throttle by another name: "Model is getting throttled. Try your request again." (bedrock-facts C2, as recorded).
      return /getting throttled/i.test(message) ? 'throttled' : 'passing'
    case 'upstream_incomplete':
      return 'costly'
    case 'upstream_timeout':
      // What AWS did not say itself is a limit of ours that is used up.
      return upstream === null ? 'final' : 'costly'
    case 'upstream_error':
      // What AWS did not say itself is a reply that nobody can read; no endpoint learns an operation in a moment.
      if (upstream === null || upstream.type === 'UnknownOperationException') return 'final'
      return (upstream.status ?? 0) >= 500 || upstream.type === INFERENCE_ERROR ? 'passing' : 'costly'
    default:
      return 'final'
  }
}
