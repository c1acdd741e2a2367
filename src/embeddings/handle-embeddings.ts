import type { InvokeClient } from '../aws/invoke-client.js'
import type { Exchange } from '../http/exchange.js'
import { toEmbeddingsReply } from '../openai/embeddings-reply.js'
import type { CallQueue } from './call-queue.js'
import type { EmbeddingContent, EmbeddingResult } from './content.js'
import { callModel } from './embedding-call.js'
import type { PreparedEmbeddings } from './prepare.js'
import { type EmbeddingReceiver, receiveEmbeddings } from './receive-embeddings.js'

export type EmbeddingQueue = CallQueue<EmbeddingContent, EmbeddingResult>

/** What embeddings need of the rest of the daemon. */
export interface EmbeddingsDependencies {
  readonly receiver: EmbeddingReceiver
  readonly queue: EmbeddingQueue
  readonly invoke: InvokeClient
  /** Milliseconds one reply of Bedrock may take. */
  readonly upstreamMs: number
}

/**
 * `POST /embeddings`, top to bottom:
 *
 *   request in → authenticate → resolve → check     `receiveEmbeddings`, before AWS is asked anything
 *   → wait for a turn → call, alone or shared        `queue.run`, which calls `callModel`
 *   → vectors as they came → out                     `toEmbeddingsReply`: floats are never parsed
 */
export async function handleEmbeddings(exchange: Exchange, deps: EmbeddingsDependencies): Promise<void> {
  const prepared = await receiveEmbeddings(exchange, deps.receiver)
  exchange.releaseBody()
  if (exchange.over) return
  const { target, encodingFormat, dropped } = prepared
  exchange.facts.model = target.id
  exchange.facts.region = target.region
  exchange.facts.completionTokens = 0
  exchange.dropped = dropped

  const results = await runCalls(exchange, prepared, deps)
  // Those that shared a call are due together.
  await deps.receiver.takeTurn()
  const promptTokens = results.reduce((sum, { tokens }) => sum + (tokens ?? 0), 0)
  exchange.facts.promptTokens = promptTokens
  // Of several calls the first stands for all.
  exchange.facts.bedrockRequestId = results[0]?.requestId ?? null
  const parts = await toEmbeddingsReply({
    model: target.requested,
    vectors: inOrder(prepared, results),
    encodingFormat,
    promptTokens,
    pause: deps.receiver.takeTurn,
  })
  exchange.replyParts(200, 'application/json', parts)
}

/** Waits in the queue for as long as the client does. */
async function runCalls(
  exchange: Exchange,
  { target, waiting }: PreparedEmbeddings,
  { queue, invoke, upstreamMs }: EmbeddingsDependencies,
): Promise<readonly EmbeddingResult[]> {
  const gone = new AbortController()
  exchange.onClientGone = () => gone.abort()
  try {
    return await queue.run({
      lane: `${target.region} ${target.id}`,
      inputs: waiting,
      signal: gone.signal,
      call: (contents, signal) => callModel(contents, signal, { invoke, target, timeoutMs: upstreamMs }),
    })
  } finally {
    exchange.onClientGone = null
  }
}

/** A vector for each input. Calls that a worker made hold inputs of one kind, wherever those stand in the request. */
function inOrder(
  { waiting, inputsCount }: PreparedEmbeddings,
  results: readonly EmbeddingResult[],
): readonly Uint8Array[] {
  const vectors = new Array<Uint8Array>(inputsCount)
  for (const [position, { content }] of waiting.entries()) {
    const indexes = content.type === 'body' ? content.indexes : [position]
    for (const [place, index] of indexes.entries()) {
      vectors[index] = results[position]?.vectors[place] as Uint8Array
    }
  }
  return vectors
}
