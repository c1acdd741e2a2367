import type { InvokeClient, InvokeReply } from '../aws/invoke-client.js'
import { type RetryClock, withRetries } from '../aws/retry.js'
import { parseRerankReply } from '../bedrock/rerank-reply.js'
import { GatewayError } from '../errors.js'
import type { Exchange } from '../http/exchange.js'
import { toRerankReply } from '../openai/rerank-reply.js'
import { documentTextOf, type PreparedRerank } from './prepare.js'
import { type RerankReceiver, receiveRerank } from './receive-rerank.js'

/** What ranking needs of the rest of the daemon. */
export interface RerankDependencies {
  readonly receiver: RerankReceiver
  readonly invoke: InvokeClient
  /** Milliseconds the reply of Bedrock may take. */
  readonly upstreamMs: number
  readonly clock: RetryClock
}

/**
 * `POST /rerank`, top to bottom: read and check the request, ask the model (again, where AWS throttles), and answer in the shape
 * that Open WebUI, Cohere's and Jina's clients read.
 */
export async function handleRerank(exchange: Exchange, deps: RerankDependencies): Promise<void> {
  const prepared = await receiveRerank(exchange, deps.receiver)
  exchange.releaseBody()
  if (exchange.over) return
  const { target, documents, documentsCount, dropped } = prepared
  exchange.facts.model = target.id
  exchange.facts.region = target.region
  exchange.dropped = dropped

  const reply = await askModel(exchange, prepared, deps)
  exchange.facts.bedrockRequestId = reply.requestId
  exchange.facts.promptTokens = reply.inputTokens
  if (reply.inputTokens !== null) exchange.facts.completionTokens = 0
  const results = parseRerankReply(Buffer.concat(reply.parts), documentsCount)
  if (results === null) throw malformedReply()
  const parts = toRerankReply({
    id: `rerank-${exchange.requestId}`,
    model: target.requested,
    results,
    documentJson: documents === null ? null : (index) => documentTextOf(documents, index),
    promptTokens: reply.inputTokens,
  })
  exchange.replyParts(200, 'application/json', parts)
}

/** A client that goes away ends the call, or the wait for the next try. */
async function askModel(
  exchange: Exchange,
  { target, body, payloadHash }: PreparedRerank,
  { invoke, upstreamMs, clock }: RerankDependencies,
): Promise<InvokeReply> {
  const gone = new AbortController()
  exchange.onClientGone = () => gone.abort()
  const { signal } = gone
  const ask = (): Promise<InvokeReply> =>
    invoke.invoke({ target, body, payloadHash }, { signal, timeoutMs: upstreamMs })
  try {
    return await withRetries(ask, signal, clock)
  } finally {
    exchange.onClientGone = null
  }
}

function malformedReply(): GatewayError {
  return new GatewayError('upstream_error', 'Bedrock sent something else than an order of the documents.')
}
