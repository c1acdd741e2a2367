import { COHERE_V3_HANDLERS } from './embeddings/cohere-v3.js'
import { COHERE_V4_HANDLERS } from './embeddings/cohere-v4.js'
import { NOVA_HANDLERS } from './embeddings/nova.js'
import { TITAN_IMAGE_HANDLERS } from './embeddings/titan-image.js'
import { TITAN_TEXT_HANDLERS } from './embeddings/titan-text.js'
import type { InvokeHandler } from './invoke.js'

export const EMBEDDING_HANDLERS: readonly InvokeHandler[] = [
  ...TITAN_TEXT_HANDLERS,
  ...TITAN_IMAGE_HANDLERS,
  ...COHERE_V3_HANDLERS,
  ...COHERE_V4_HANDLERS,
  ...NOVA_HANDLERS,
]
