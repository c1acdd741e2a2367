import type { InvokeHandler } from './invoke.js'

export const RERANK_HANDLERS: readonly InvokeHandler[] = []
