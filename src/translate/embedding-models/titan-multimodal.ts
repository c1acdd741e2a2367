import { createEmbeddingAdapter } from './adapter.js'
import type { EmbeddingOptions } from './types.js'

/** AWS Bedrock user guide, "Amazon Titan Multimodal Embeddings G1": 128 tokens, at some 4.6 characters a token in English. */
const TEXT_CHARACTERS_MAX = 588

/** Titan Multimodal Embeddings G1 (AWS Bedrock user guide, of this name): a text, or an image, for each call. */
export const TITAN_MULTIMODAL = createEmbeddingAdapter({
  name: 'Titan Multimodal Embeddings G1',
  dimensions: [256, 384, 1024],
  batchMax: 1,
  batchCharactersMax: TEXT_CHARACTERS_MAX,
  textCharactersMax: TEXT_CHARACTERS_MAX,
  images: {
    batchMax: 1,
    formats: ['png', 'jpeg'],
    bytesMax: 5 * 1024 * 1024,
    toBody: ([image], options) => ({ inputImage: image?.base64, ...configOf(options) }),
  },
  takesPurpose: false,
  vectorMembers: ['embedding'],
  toBody: ([inputText], options) => ({ inputText, ...configOf(options) }),
})

function configOf({ dimensions }: EmbeddingOptions): object {
  return dimensions === null ? {} : { embeddingConfig: { outputEmbeddingLength: dimensions } }
}
