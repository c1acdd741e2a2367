/** Where an error was raised: by Bedrock itself, or by the authentication layer in front of it. */
export type ErrorOrigin = 'bedrock' | 'authentication'

/** An error reply before it is on the wire. */
export interface WireFailure {
  /** HTTP status. */
  readonly status: number
  /** Bare exception name, for example `ValidationException`. */
  readonly type: string
  readonly message: string
}

// Recordings 41 and 359: the name is followed by a URI that tells the two layers apart.
const ORIGIN_URI = {
  bedrock: 'http://internal.amazon.com/coral/com.amazon.bedrock/',
  authentication: 'http://internal.amazon.com/coral/com.amazon.coral.service/',
} as const satisfies Record<ErrorOrigin, string>

/** A refusal in Bedrock's words. Thrown by every check, turned into bytes by `toErrorReply`. */
export class BedrockError extends Error {
  readonly failure: WireFailure
  readonly origin: ErrorOrigin
  /** The authorization layer spells the body's only member `Message`, Bedrock `message`. */
  readonly messageMember: 'message' | 'Message'
  /** Of ConverseStream: said in the stream, after a 200 (recording 192). */
  readonly inStream: boolean

  constructor(
    failure: WireFailure,
    layer: { origin?: ErrorOrigin; messageMember?: 'message' | 'Message'; inStream?: boolean } = {},
  ) {
    super(failure.message)
    this.failure = failure
    this.origin = layer.origin ?? 'bedrock'
    this.messageMember = layer.messageMember ?? 'message'
    this.inStream = layer.inStream ?? false
  }
}

/** A 400 in Bedrock's usual form. */
export function validationError(message: string): BedrockError {
  return new BedrockError({ status: 400, type: 'ValidationException', message })
}

/** Headers and body of an error reply. Source: recordings 41 and 359; no `Retry-After`, also not on 429 (bedrock-facts C2). */
export function toErrorReply(error: BedrockError): { headers: Record<string, string>; body: Buffer } {
  const body = Buffer.from(JSON.stringify({ [error.messageMember]: error.failure.message }))
  return {
    headers: {
      'content-type': 'application/json',
      'content-length': String(body.length),
      'x-amzn-ErrorType': `${error.failure.type}:${ORIGIN_URI[error.origin]}`,
    },
    body,
  }
}
