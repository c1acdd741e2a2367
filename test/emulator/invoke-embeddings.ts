import type { InvokeHandler } from './invoke.js'

export const EMBEDDING_HANDLERS: readonly InvokeHandler[] = []
