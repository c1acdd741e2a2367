import { type Fields, isFields } from './fields.js'
import type { ReasoningDetail } from './types.js'

type TextDetail = Extract<ReasoningDetail, { type: 'text' }>

/**
 * What an assistant message brings back of its thoughts: `reasoning_details` (OpenRouter's shape, what our streams say),
 * else `thinking_blocks` (LiteLLM), else `thinking` parts of the content (Anthropic). Nothing is refused here: clients merge,
 * cut and rename these members (openwebui-contract §3), and a thought that can't go back is no reason to fail a chat.
 * `reasoning_content` has no signature and therefore never goes back.
 */
export function parseReasoningDetails(message: Fields): readonly ReasoningDetail[] {
  for (const value of [message['reasoning_details'], message['thinking_blocks'], message['content']]) {
    const details = joinFragments(toList(value).flatMap(readDetail))
    if (details.length > 0) return details.map(({ detail }) => detail)
  }
  return []
}

/** Open WebUI takes a list or a single object, and so may send back either. */
function toList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return isFields(value) ? [value] : []
}

interface IndexedDetail {
  readonly detail: ReasoningDetail
  readonly index: number | null
}

/** Told by its members rather than by its type: merging overwrites `type`, and one entry may have become both kinds. */
function readDetail(value: unknown): readonly IndexedDetail[] {
  if (!isFields(value) || !isReasoningType(value['type'])) return []
  const index = typeof value['index'] === 'number' ? value['index'] : null
  const format = readString(value['format'])
  const text = readString(value['text']) ?? readString(value['thinking']) ?? ''
  const signature = readString(value['signature'])
  const data = readString(value['data'])
  const details: ReasoningDetail[] = []
  if (text !== '' || signature !== null) details.push({ type: 'text', text, signature, format })
  if (data !== null) details.push({ type: 'encrypted', data, format })
  return details.map((detail) => ({ detail, index }))
}

/** Content parts have types, too; an unknown `reasoning.…` may hold what we know. */
function isReasoningType(type: unknown): boolean {
  if (type === undefined) return true
  return (
    typeof type === 'string' &&
    (type.startsWith('reasoning') || type === 'thinking' || type === 'redacted_thinking')
  )
}

function readString(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** Clients that only collect what a stream sent bring back its fragments: text after text, the signature last. */
function joinFragments(details: readonly IndexedDetail[]): readonly IndexedDetail[] {
  const joined: IndexedDetail[] = []
  for (const { detail, index } of details) {
    const last = joined.at(-1)
    if (
      detail.type === 'text' &&
      last?.detail.type === 'text' &&
      last.detail.signature === null &&
      (detail.text === '' || (index !== null && index === last.index))
    ) {
      joined[joined.length - 1] = { detail: joinTexts(last.detail, detail), index: last.index }
    } else joined.push({ detail, index })
  }
  return joined
}

function joinTexts(first: TextDetail, second: TextDetail): TextDetail {
  return {
    type: 'text',
    text: first.text + second.text,
    signature: second.signature,
    format: first.format ?? second.format,
  }
}
