import { createEmbeddingAdapter } from './adapter.js'

/**
 * Bedrock refuses more: "Malformed input request: expected maxLength: 50000, actual: 160000" (alphagov/govuk-chat#220). Titan has
 * no `truncate`, so the gateway cuts. English text may have more than the 8,192 tokens that count, too: the model says so, and
 * `shortenRefused` makes the next try fit.
 */
const TEXT_CHARACTERS_MAX = 50_000

const COMMON = {
  // A call takes one text (facts C9).
  batchMax: 1,
  batchCharactersMax: TEXT_CHARACTERS_MAX,
  textCharactersMax: TEXT_CHARACTERS_MAX,
  images: null,
  takesPurpose: false,
  vectorMembers: ['embedding'],
} as const

/** Titan Text Embeddings G1 (facts C9, recording 692). */
export const TITAN_TEXT_V1 = createEmbeddingAdapter({
  ...COMMON,
  name: 'Titan Text Embeddings G1',
  dimensions: [1536],
  toBody: ([inputText]) => ({ inputText }),
})

/** Titan Text Embeddings V2 (facts C9, recordings 694 and 696). */
export const TITAN_TEXT_V2 = createEmbeddingAdapter({
  ...COMMON,
  name: 'Titan Text Embeddings V2',
  dimensions: [256, 512, 1024],
  toBody: ([inputText], { dimensions }) => ({
    inputText,
    ...(dimensions === null ? {} : { dimensions }),
    normalize: true,
  }),
})
