import type { EmbeddingAdapter, ReadyInput } from '../translate/embedding-models/types.js'
import { charactersOf } from './content.js'

/** Of base64 in one call: the body of InvokeModel has at most 25,000,000 bytes (facts C1). */
const IMAGE_CHARACTERS_MAX = 24_000_000

/** Inputs of one kind for one call, with their places in the request. */
export interface Batch {
  readonly inputs: readonly ReadyInput[]
  readonly indexes: readonly number[]
  readonly characters: number
}

/** What one call may hold of a kind. */
export function batchLimitsOf(
  adapter: EmbeddingAdapter,
  kind: ReadyInput['type'],
): { readonly countMax: number; readonly charactersMax: number } {
  return kind === 'text'
    ? { countMax: adapter.batchMax, charactersMax: adapter.batchCharactersMax }
    : { countMax: adapter.imageBatchMax, charactersMax: IMAGE_CHARACTERS_MAX }
}

/** Splits inputs into calls, in order; texts and pictures make calls of their own. An input that is too long alone is alone. */
export function toBatches(inputs: readonly ReadyInput[], adapter: EmbeddingAdapter): readonly Batch[] {
  const batches: Batch[] = []
  for (const kind of ['text', 'image'] as const) {
    const { countMax, charactersMax } = batchLimitsOf(adapter, kind)
    let open: { inputs: ReadyInput[]; indexes: number[]; characters: number } | null = null
    for (const [index, input] of inputs.entries()) {
      if (input.type !== kind) continue
      const characters = charactersOf(input)
      if (open === null || open.inputs.length >= countMax || open.characters + characters > charactersMax) {
        open = { inputs: [], indexes: [], characters: 0 }
        batches.push(open)
      }
      open.inputs.push(input)
      open.indexes.push(index)
      open.characters += characters
    }
  }
  return batches
}
