import { createEmbeddingAdapter } from './adapter.js'
import type { EmbeddingOptions } from './types.js'

/** Of a text in the request itself (AWS Nova user guide, "Complete embeddings request and response schema"). */
const TEXT_CHARACTERS_MAX = 8192

const PURPOSES = {
  document: 'GENERIC_INDEX',
  query: 'GENERIC_RETRIEVAL',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
} as const
const TRUNCATIONS = { start: 'START', end: 'END', none: 'NONE' } as const

/** Nova Multimodal Embeddings (facts C9, recordings 683 to 690): a text, or an image, for each call. */
export const NOVA_MULTIMODAL = createEmbeddingAdapter({
  name: 'Nova Multimodal Embeddings',
  dimensions: [256, 384, 1024, 3072],
  batchMax: 1,
  batchCharactersMax: TEXT_CHARACTERS_MAX,
  textCharactersMax: TEXT_CHARACTERS_MAX,
  // The body of InvokeModel is at most 25,000,000 bytes (facts C1), and base64 makes four of three.
  images: {
    batchMax: 1,
    formats: ['png', 'jpeg', 'gif', 'webp'],
    bytesMax: 18_000_000,
    toBody: ([image], options) =>
      toTask({ image: { format: image?.format, source: { bytes: image?.base64 } } }, options),
  },
  takesPurpose: true,
  vectorMembers: ['embedding'],
  toBody: ([value], options) =>
    toTask({ text: { truncationMode: TRUNCATIONS[options.truncate ?? 'end'], value } }, options),
})

function toTask(
  content: object,
  { dimensions, purpose }: EmbeddingOptions,
): Readonly<Record<string, unknown>> {
  return {
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      embeddingPurpose: PURPOSES[purpose ?? 'document'],
      ...(dimensions === null ? {} : { embeddingDimension: dimensions }),
      ...content,
    },
  }
}
