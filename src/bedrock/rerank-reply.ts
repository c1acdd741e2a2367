/** One document's place in the order of relevance. */
export interface RankedDocument {
  /** In the request's list. */
  readonly index: number
  /** 0 to 1. */
  readonly score: number
}

/** A thousand results of a reranker are 60 KB: what is longer is none of its replies, and would take long to parse. */
const REPLY_BYTES_MAX = 1024 * 1024

/**
 * The reply of a reranker (facts C10, recording 172), best document first. Null where it is not what its protocol says, or names
 * another document than one of the first `documentsCount`.
 */
export function parseRerankReply(reply: Buffer, documentsCount: number): readonly RankedDocument[] | null {
  if (reply.length > REPLY_BYTES_MAX) return null
  try {
    const { results } = JSON.parse(reply.toString('utf8')) as { readonly results?: unknown }
    if (!Array.isArray(results)) return null
    const ranked = results.map(toRanked)
    return ranked.every(({ index }) => index < documentsCount) ? ranked : null
  } catch {
    return null
  }
}

/** Throws where it is none. */
function toRanked(result: unknown): RankedDocument {
  const { index, relevance_score: score } = result as {
    readonly index?: unknown
    readonly relevance_score?: unknown
  }
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0) throw new TypeError('no index')
  if (typeof score !== 'number' || !Number.isFinite(score)) throw new TypeError('no score')
  return { index, score }
}
