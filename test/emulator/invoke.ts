import type { Behaviour } from './behaviour.js'
import { EMBEDDING_HANDLERS } from './invoke-embeddings.js'
import { IMAGE_HANDLERS } from './invoke-images.js'
import { RERANK_HANDLERS } from './invoke-rerank.js'
import { validationError } from './wire-error.js'

/** One InvokeModel request on its way to one model. */
export interface InvokeInput {
  /** The foundation model's id. */
  readonly modelId: string
  readonly body: Readonly<Record<string, unknown>>
  readonly behaviour: Behaviour
}

export interface InvokeAnswer {
  readonly body: unknown
  /** Header `x-amzn-bedrock-input-token-count`; null: none (recording 172). */
  readonly inputTokens: number | null
}

/** Answers for the models whose ids start so, or throws a refusal in Bedrock's words. */
export interface InvokeHandler {
  readonly prefix: string
  answer(input: InvokeInput): InvokeAnswer | Promise<InvokeAnswer>
}

const HANDLERS: readonly InvokeHandler[] = [...IMAGE_HANDLERS, ...EMBEDDING_HANDLERS, ...RERANK_HANDLERS]

/** Body of an InvokeModel request (service model: InvokeModelRequest.body). */
const BODY_BYTES_MAX = 25_000_000

/** What the model says to a request whose path, signature and model were checked. */
export async function answerInvoke(input: InvokeInput, bodyBytes: number): Promise<InvokeAnswer> {
  if (bodyBytes > BODY_BYTES_MAX) {
    throw validationError(
      `1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to ${BODY_BYTES_MAX}`,
    )
  }
  const handler = HANDLERS.find(({ prefix }) => input.modelId.startsWith(prefix))
  // No emulated chat model is spoken to so.
  if (handler === undefined) throw validationError('The provided request is not valid')
  return await handler.answer(input)
}
