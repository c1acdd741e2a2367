import type { InvokeHandler } from './invoke.js'
import { RERANK_MODELS } from './rerank/models.js'

export const RERANK_HANDLERS: readonly InvokeHandler[] = RERANK_MODELS
