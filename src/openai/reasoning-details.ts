import type { ReasoningDetail } from './types.js'

/**
 * One entry of `reasoning_details` (the shape is OpenRouter's). Pieces of one `index` belong together: clients add their
 * texts and take the newest of every other member (openwebui-contract §3), so that no `index` may change its `type`.
 */
export interface ReasoningDetailBody {
  readonly type: 'reasoning.text' | 'reasoning.encrypted'
  readonly text?: string
  readonly data?: string
  readonly signature?: string
  readonly format?: string
  readonly index: number
}

/** Where in `reasoning_details` something stands, and whose thoughts it is. */
export interface ReasoningPlace {
  readonly index: number
  readonly format: string
}

/** OpenRouter's names of formats. */
export const CLAUDE_FORMAT = 'anthropic-claude-v1'
export const UNKNOWN_FORMAT = 'unknown'

/** A text's entry, or a piece of one. */
export function toTextDetail(
  { index, format }: ReasoningPlace,
  said: { readonly text?: string; readonly signature?: string },
): ReasoningDetailBody {
  return { type: 'reasoning.text', ...said, format, index }
}

/**
 * The entry of thoughts that only the model can read; `data` is base64. Claude's say no format: Open WebUI sends entries of
 * that format back only if they are signed (its `convert_output_to_messages`), and encrypted ones have no signature. They
 * would be lost, and the signed texts beside them refused.
 */
export function toEncryptedDetail({ index, format }: ReasoningPlace, data: string): ReasoningDetailBody {
  const said = { type: 'reasoning.encrypted', data } as const
  return format === CLAUDE_FORMAT ? { ...said, index } : { ...said, format, index }
}

/** The whole `reasoning_details` of a reply that is not streamed. */
export function toReasoningDetailBodies(details: readonly ReasoningDetail[]): readonly ReasoningDetailBody[] {
  return details.map((detail, index) => {
    const place = { index, format: detail.format ?? UNKNOWN_FORMAT }
    if (detail.type === 'encrypted') return toEncryptedDetail(place, detail.data)
    const { text, signature } = detail
    return toTextDetail(place, signature === null ? { text } : { text, signature })
  })
}
