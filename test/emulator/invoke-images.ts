import type { InvokeHandler } from './invoke.js'

export const IMAGE_HANDLERS: readonly InvokeHandler[] = []
