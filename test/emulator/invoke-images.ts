import { answerNova } from './images/nova.js'
import { CANVAS, TITAN } from './images/nova-schema.js'
import { answerStability } from './images/stability.js'
import type { InvokeHandler } from './invoke.js'

/** All image models, Nova Canvas and Titan v2 by the same rules with other limits. */
export const IMAGE_HANDLERS: readonly InvokeHandler[] = [
  { prefix: 'amazon.nova-canvas', answer: (input) => answerNova(input, CANVAS) },
  { prefix: 'amazon.titan-image-generator-v2', answer: (input) => answerNova(input, TITAN) },
  { prefix: 'stability.', answer: answerStability },
]
