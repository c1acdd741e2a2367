import type { ModelTarget } from '../catalog/types.js'
import { GatewayError } from '../errors.js'
import { createBodyParts } from '../http/body-parts.js'
import type { BedrockCall, BedrockClient } from './bedrock-client.js'

/** The largest reply that InvokeModel gives (service model: 25,000,000 bytes), with some room. */
const REPLY_BYTES_MAX = 32 * 1024 * 1024

/** One InvokeModel call. */
export interface InvokeRequest {
  readonly target: Pick<ModelTarget, 'id' | 'region' | 'foundationId' | 'kind'>
  /** JSON in the model's own words. */
  readonly body: string | Uint8Array
  /** SHA-256 of the body in hex, where a worker computed it. */
  readonly payloadHash?: string | null
  /** Beside those of every call; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface InvokeReply {
  readonly requestId: string | null
  /** What AWS charges for, where the model counts. */
  readonly inputTokens: number | null
  /** The body in pieces; each has memory of its own, so that it can move to a worker. */
  readonly parts: readonly Buffer[]
}

export interface InvokeOptions {
  /** Cancels the call: the connection closes at once, and the promise rejects with `client_closed`. */
  readonly signal: AbortSignal
  /** Milliseconds the reply may take. */
  readonly timeoutMs: number
}

/** Calls of models that do not chat: images, embeddings, ranking. */
export interface InvokeClient {
  /** Rejects with a `GatewayError`. Nothing is retried but a request that died on a stale connection. */
  invoke(request: InvokeRequest, options: InvokeOptions): Promise<InvokeReply>
}

export function createInvokeClient(bedrock: BedrockClient): InvokeClient {
  return { invoke: (request, options) => invoke(bedrock, request, options) }
}

function invoke(
  bedrock: BedrockClient,
  { target, body, payloadHash = null, headers = {} }: InvokeRequest,
  { signal, timeoutMs }: InvokeOptions,
): Promise<InvokeReply> {
  const parts = createBodyParts()
  let head: Pick<InvokeReply, 'requestId' | 'inputTokens'> = { requestId: null, inputTokens: null }
  let bytes = 0
  let call: BedrockCall | null = null
  let timer: NodeJS.Timeout | undefined
  let onAbort = (): void => {}
  const reply = new Promise<InvokeReply>((resolve, reject) => {
    const cancel = (error: GatewayError): void => {
      call?.abort()
      reject(error)
    }
    onAbort = () => cancel(new GatewayError('client_closed', 'The client went away.'))
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    timer = setTimeout(() => cancel(tooLate(timeoutMs)), timeoutMs)
    const request = { target: { ...target, dialect: 'invoke' as const }, stream: false, body, payloadHash }
    call = bedrock.send(
      { ...request, headers, ownFields: [], dropsParams: false },
      {
        onHeaders({ requestId, inputTokens }) {
          head = { requestId, inputTokens }
        },
        onData(chunk) {
          bytes += chunk.length
          if (bytes <= REPLY_BYTES_MAX) parts.push(chunk, false)
          else cancel(tooLarge())
        },
        onEnd: () => resolve({ ...head, parts: parts.take() }),
        onError: reject,
      },
    )
  })
  return reply.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  })
}

function tooLate(timeoutMs: number): GatewayError {
  return new GatewayError(
    'upstream_timeout',
    `Bedrock gave no complete reply within ${Math.round(timeoutMs / 1000)} seconds.`,
  )
}

function tooLarge(): GatewayError {
  return new GatewayError('upstream_error', 'Bedrock sent a larger reply than its protocol allows.')
}
