import { createHash } from 'node:crypto'

/** What a drawn picture says that it was made of. */
export interface DrawnRequest {
  /**
   * Nova and Titan: `taskType`. Stability: `text-to-image` or `image-to-image`, and for the thirteen services the id's middle:
   * `inpaint`, `erase-object`, `outpaint`, `search-replace`, `search-recolor`, `remove-background`, `control-sketch`,
   * `control-structure`, `style-guide`, `style-transfer`, `creative-upscale`, `conservative-upscale`, `fast-upscale`.
   */
  readonly taskType: string
  /** `text` or `prompt`; empty: none was sent. */
  readonly prompt: string
  /** As asked; where none was sent, the model's default: Nova 12, Titan 42, Stability 0. */
  readonly seed: number
  /** Place of the picture in its answer. */
  readonly index: number
}

/** SHA-256 in hex of a request; what `readDrawnHash` reads from the picture. */
export function hashOfRequest({ taskType, prompt, seed, index }: DrawnRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([taskType, prompt, seed, index]))
    .digest('hex')
}
