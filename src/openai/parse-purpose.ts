import type { EmbeddingPurpose } from './embedding-types.js'
import type { Fields } from './fields.js'

/** Fields that say what vectors are for, the most telling first: Cohere's, Nova's, Jina's and Vertex AI's, sentence-transformers'. */
export const PURPOSE_FIELDS = [
  'input_type',
  'embeddingPurpose',
  'embedding_purpose',
  'task',
  'task_type',
  'prompt_name',
  'prefix',
] as const

/** Words of Cohere, Nova (facts C9), Jina and Vertex AI, and those that E5, Nomic and Gemma models have as prefixes of a text. */
const PURPOSES: ReadonlyMap<string, EmbeddingPurpose> = new Map([
  ['search_document', 'document'],
  ['document', 'document'],
  ['passage', 'document'],
  ['text', 'document'],
  ['generic_index', 'document'],
  ['retrieval_passage', 'document'],
  ['search_query', 'query'],
  ['query', 'query'],
  ['generic_retrieval', 'query'],
  ['text_retrieval', 'query'],
  ['image_retrieval', 'query'],
  ['video_retrieval', 'query'],
  ['audio_retrieval', 'query'],
  ['document_retrieval', 'query'],
  ['retrieval_query', 'query'],
  // Vertex AI's word for what Nova calls GENERIC_INDEX.
  ['retrieval_document', 'document'],
  ['classification', 'classification'],
  ['clustering', 'clustering'],
])

/** No prefix is longer; instructions of more words say nothing that could be told by a word. */
const PREFIX_CHARACTERS_MAX = 512

/**
 * What a request says the vectors are for. Open WebUI puts the prefix that its admin wrote ("search_query: ") under a field
 * that its admin named (RAG_EMBEDDING_PREFIX_FIELD_NAME, `retrieval/utils.py`): so `others`, the fields that nobody knows, are
 * looked at, too. `field` is where it was found.
 */
export function findPurpose(
  body: Fields,
  others: readonly string[],
): { readonly purpose: EmbeddingPurpose; readonly field: string } | null {
  for (const field of [...PURPOSE_FIELDS, ...others]) {
    const purpose = toPurpose(body[field])
    if (purpose !== null) return { purpose, field }
  }
  return null
}

/** A word, or a prefix of a text, whose last word before the colon counts: `task: search result | query: `. */
function toPurpose(value: unknown): EmbeddingPurpose | null {
  if (typeof value !== 'string' || value.length > PREFIX_CHARACTERS_MAX) return null
  const said = value.trim().toLowerCase()
  const word = said.endsWith(':') ? (/([a-z_.-]+)\s*:$/.exec(said)?.[1] ?? '') : said
  return PURPOSES.get(word.replace(/[.-]/g, '_')) ?? null
}
