import type { ModelTarget } from '../catalog/types.js'
import type { Fields } from '../openai/fields.js'
import { parseRerankRequest } from '../openai/parse-rerank-request.js'
import { createDropList } from '../translate/drop-list.js'
import { toRerankBody } from '../translate/rerank.js'

/** A rerank request, ready to be sent to Bedrock. Plain data: it may come from a worker. */
export interface PreparedRerank {
  readonly type: 'prepared'
  readonly target: ModelTarget
  /** JSON in the model's own words. */
  readonly body: string | Uint8Array
  /** SHA-256 of the body in hex, where a worker computed it. */
  readonly payloadHash: string | null
  readonly documentsCount: number
  /** Null: the reply does not repeat them. */
  readonly documents: DocumentTexts | null
  /** Members of the request that the model never sees. */
  readonly dropped: readonly string[]
}

/** The documents as JSON strings, one after the other. */
export interface DocumentTexts {
  readonly bytes: Uint8Array
  /** Where each of them ends. */
  readonly ends: readonly number[]
}

/** A request before its body has a hash. */
export type WrittenRerank = PreparedRerank & { readonly body: string }

/**
 * Members of a request → what is sent. Throws a `GatewayError` that names the member; with `dropParams` false (the setting, where
 * an alias says nothing) also for members that no reranker knows.
 */
export function prepareRerank(
  fields: Fields,
  { target, dropParams }: { readonly target: ModelTarget; readonly dropParams: boolean },
): WrittenRerank {
  const request = parseRerankRequest(fields)
  const dropped = createDropList(target.defaults?.dropParams ?? dropParams, target.requested)
  for (const name of request.dropped) dropped.add(name)
  const { documents, returnDocuments } = request
  return {
    type: 'prepared',
    target,
    body: JSON.stringify(toRerankBody(request, target)),
    payloadHash: null,
    documentsCount: documents.length,
    documents: returnDocuments ? toTexts(documents) : null,
    dropped: dropped.names(),
  }
}

function toTexts(documents: readonly string[]): DocumentTexts {
  const texts = documents.map((document) => JSON.stringify(document))
  let end = 0
  const ends = texts.map((text) => {
    end += Buffer.byteLength(text)
    return end
  })
  // Not from Node's shared pool, which can't move to another thread.
  return { bytes: new TextEncoder().encode(texts.join('')), ends }
}

/** The JSON text of one of the documents. */
export function documentTextOf({ bytes, ends }: DocumentTexts, index: number): Uint8Array {
  return bytes.subarray(ends[index - 1] ?? 0, ends[index])
}
