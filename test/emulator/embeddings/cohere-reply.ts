import { randomUUID } from 'node:crypto'
import { toInt8, toPackedBits } from './vector.js'

/** Of `embedding_types`. */
export const EMBEDDING_TYPES = ['float', 'int8', 'uint8', 'binary', 'ubinary'] as const

type EmbeddingType = (typeof EMBEDDING_TYPES)[number]
type Vector = readonly number[]

const CONVERSIONS = {
  float: (vector) => vector,
  int8: toInt8,
  uint8: (vector) => toInt8(vector).map((value) => value + 128),
  binary: (vector) => toPackedBits(vector).map((value) => value - 128),
  ubinary: toPackedBits,
} as const satisfies Record<EmbeddingType, (vector: Vector) => Vector>

/** What a reply repeats of its request. */
export interface CohereEcho {
  readonly texts: readonly string[]
  readonly images?: readonly object[]
}

/** Vectors of several types. Members in the order of recordings 673 to 680. */
export function replyByType(
  vectors: readonly Vector[],
  types: readonly EmbeddingType[],
  echo: CohereEcho,
): object {
  const embeddings = Object.fromEntries(types.map((type) => [type, vectors.map(CONVERSIONS[type])]))
  return replyOf(embeddings, 'embeddings_by_type', echo)
}

/** Plain vectors. Members in the order of recordings 167 and 669 to 671. */
export function replyOfFloats(vectors: readonly Vector[], echo: CohereEcho): object {
  return replyOf(vectors, 'embeddings_floats', echo)
}

function replyOf(embeddings: unknown, responseType: string, { texts, images }: CohereEcho): object {
  return {
    embeddings,
    id: randomUUID(),
    ...(images === undefined ? {} : { images }),
    response_type: responseType,
    texts,
  }
}
