import type { InvokeClient, InvokeReply, InvokeRequest } from '../aws/invoke-client.js'
import { sliceVectors } from '../bedrock/vector-slices.js'
import type { ModelTarget } from '../catalog/types.js'
import { GatewayError, toGatewayError } from '../errors.js'
import type { EmbeddingOptions } from '../translate/embedding-models/types.js'
import { charactersOf, type EmbeddingContent, type EmbeddingResult, type OneInput } from './content.js'
import { shortenBody } from './shorten-body.js'
import { splitTokens } from './split-tokens.js'

/** Each refusal says how much too long a text is, but tokens are not spread evenly. */
const SHORTENINGS_MAX = 3

export interface EmbeddingCallOptions {
  readonly invoke: InvokeClient
  readonly target: ModelTarget
  /** Milliseconds a reply may take. */
  readonly timeoutMs: number
}

type Call = Pick<InvokeRequest, 'body' | 'payloadHash'> & {
  readonly vectorMembers: readonly string[]
  readonly truncate: EmbeddingOptions['truncate']
  /** Vectors that must come back. */
  readonly count: number
}

/** Makes one call for contents that may share it, and gives each its own part of the reply. Rejects with a `GatewayError`. */
export async function callModel(
  contents: readonly EmbeddingContent[],
  signal: AbortSignal,
  options: EmbeddingCallOptions,
): Promise<readonly EmbeddingResult[]> {
  const [first] = contents
  if (first === undefined) return []
  if (first.type === 'body') {
    return [await send({ ...first, count: first.indexes.length }, signal, options)]
  }
  const members = contents.filter((content): content is OneInput => content.type === 'input')
  const { vectors, tokens, requestId } = await send(toCall(first, members), signal, options)
  const shares = splitTokens(
    tokens ?? 0,
    members.map(({ input }) => charactersOf(input)),
  )
  return vectors.map((vector, index) => ({
    vectors: [vector],
    tokens: tokens === null ? null : (shares[index] ?? 0),
    requestId,
  }))
}

function toCall({ adapter, options }: OneInput, members: readonly OneInput[]): Call {
  const inputs = members.map(({ input }) => input)
  return {
    body: JSON.stringify(adapter.toBody(inputs, options)),
    payloadHash: null,
    vectorMembers: adapter.vectorMembers,
    truncate: options.truncate,
    count: inputs.length,
  }
}

async function send(
  call: Call,
  signal: AbortSignal,
  options: EmbeddingCallOptions,
): Promise<EmbeddingResult> {
  const reply = await invokeShortened(call, signal, options)
  const [only] = reply.parts
  const bytes = reply.parts.length === 1 && only !== undefined ? only : Buffer.concat(reply.parts)
  const vectors = sliceVectors(bytes, call.vectorMembers, call.count)
  if (vectors === null) {
    throw new GatewayError('upstream_error', `Bedrock sent something else than ${call.count} embeddings.`)
  }
  return { vectors, tokens: reply.inputTokens, requestId: reply.requestId }
}

async function invokeShortened(
  { body, payloadHash = null, truncate }: Call,
  signal: AbortSignal,
  { invoke, target, timeoutMs }: EmbeddingCallOptions,
): Promise<InvokeReply> {
  let request: InvokeRequest = { target, body, payloadHash }
  for (let shortenings = 0; ; shortenings += 1) {
    try {
      return await invoke.invoke(request, { signal, timeoutMs })
    } catch (cause) {
      const error = toGatewayError(cause)
      const shorter =
        error.status === 400 && shortenings < SHORTENINGS_MAX
          ? shortenBody(request.body, error.message, truncate)
          : null
      if (shorter === null) throw error
      request = { target, body: shorter }
    }
  }
}
