import { createEmbeddingAdapter } from './adapter.js'
import { toDataUri } from './image-format.js'
import type { EmbeddingOptions } from './types.js'

/** Texts of one call (facts C9). */
const BATCH_MAX = 96
/**
 * Bedrock refuses longer texts before the model can cut them: "#/texts/0: expected maxLength: 2048, actual: 19882"
 * (ScrapeGraphAI/Scrapegraph-ai#400), whatever `truncate` says (deepset-ai/haystack-core-integrations#912).
 */
const V3_TEXT_CHARACTERS_MAX = 2048
/** Some 100,000 tokens: one call of more would wait for the minute's quota alone. */
const V4_BATCH_CHARACTERS_MAX = 400_000

const INPUT_TYPES = {
  document: 'search_document',
  query: 'search_query',
  classification: 'classification',
  clustering: 'clustering',
} as const
/** Recordings 670, 675 and 680. AWS's page on v4 has LEFT and RIGHT, but v4 takes START. */
const TRUNCATIONS = { start: 'START', end: 'END', none: 'NONE' } as const

/** Cohere Embed v3, English and multilingual (facts C9, recordings 167 and 669 to 671). */
export const COHERE_V3 = createEmbeddingAdapter({
  name: 'Cohere Embed v3',
  dimensions: [1024],
  batchMax: BATCH_MAX,
  batchCharactersMax: BATCH_MAX * V3_TEXT_CHARACTERS_MAX,
  textCharactersMax: V3_TEXT_CHARACTERS_MAX,
  // AWS Bedrock user guide, "Cohere Embed v3": one image for each call.
  images: {
    batchMax: 1,
    formats: ['png', 'jpeg'],
    bytesMax: 5 * 1024 * 1024,
    toBody: (images) => ({ images: images.map(toDataUri), input_type: 'image' }),
  },
  // Only who asks for `embedding_types` gets them by type.
  takesPurpose: true,
  vectorMembers: ['embeddings', 'float'],
  toBody: (texts, options) => ({ texts, ...commonOf(options) }),
})

/** Cohere Embed v4 (facts C9, recordings 673 to 680; AWS Bedrock user guide, "Cohere Embed v4"). */
export const COHERE_V4 = createEmbeddingAdapter({
  name: 'Cohere Embed v4',
  dimensions: [256, 512, 1024, 1536],
  batchMax: BATCH_MAX,
  batchCharactersMax: V4_BATCH_CHARACTERS_MAX,
  textCharactersMax: null,
  images: {
    batchMax: BATCH_MAX,
    formats: ['png', 'jpeg', 'webp', 'gif'],
    bytesMax: 5 * 1024 * 1024,
    toBody: (images, options) => ({
      images: images.map(toDataUri),
      input_type: inputTypeOf(options),
      ...dimensionOf(options),
    }),
  },
  takesPurpose: true,
  vectorMembers: ['float', 'embeddings'],
  toBody: (texts, options) => ({ texts, ...commonOf(options), ...dimensionOf(options) }),
})

function commonOf(options: EmbeddingOptions): object {
  return { input_type: inputTypeOf(options), truncate: TRUNCATIONS[options.truncate ?? 'end'] }
}

function inputTypeOf({ purpose }: EmbeddingOptions): string {
  return INPUT_TYPES[purpose ?? 'document']
}

function dimensionOf({ dimensions }: EmbeddingOptions): object {
  return dimensions === null ? {} : { output_dimension: dimensions }
}
