/** A piece of a reply's text, told apart from what stood in the tag. */
export interface TaggedText {
  readonly type: 'content' | 'reasoning'
  readonly text: string
}

/** Takes thoughts that stand in front of an answer, in a tag, out of its text. */
export interface ReasoningTagSplitter {
  /** What is certain by now of the text that came so far. */
  push(text: string): readonly TaggedText[]
  /** What was held back: the reply is over. */
  end(): readonly TaggedText[]
}

const OPEN = '<reasoning>'
const CLOSE = '</reasoning>'

/**
 * gpt-oss thinks inside `<reasoning>…</reasoning>` at the start of its text, by InvokeModel (facts C5) and by the runtime
 * host's OpenAI endpoint (CherryHQ/cherry-studio#10225). Only there: a tag further on is part of the answer. Text that may
 * still become a tag is held back, however the stream cuts it.
 */
export function createReasoningTagSplitter(): ReasoningTagSplitter {
  let state: 'start' | 'inside' | 'after' = 'start'
  let held = ''

  function atStart(): readonly TaggedText[] {
    if (held.length < OPEN.length && OPEN.startsWith(held)) return []
    state = held.startsWith(OPEN) ? 'inside' : 'after'
    if (state === 'inside') held = held.slice(OPEN.length)
    return advance()
  }

  function inside(): readonly TaggedText[] {
    const close = held.indexOf(CLOSE)
    const safe = close < 0 ? held.length - tailThatMayClose(held) : close
    const thoughts = toPieces('reasoning', held.slice(0, safe))
    held = held.slice(safe)
    if (close < 0) return thoughts
    state = 'after'
    held = held.slice(CLOSE.length)
    return [...thoughts, ...advance()]
  }

  function flush(type: TaggedText['type']): readonly TaggedText[] {
    const text = held
    held = ''
    return toPieces(type, text)
  }

  function advance(): readonly TaggedText[] {
    if (state === 'start') return atStart()
    return state === 'inside' ? inside() : flush('content')
  }

  return {
    push(text) {
      held += text
      return advance()
    },
    end: () => flush(state === 'inside' ? 'reasoning' : 'content'),
  }
}

/** Characters at the end of `text` that may be the beginning of the closing tag. */
function tailThatMayClose(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length -= 1) {
    if (CLOSE.startsWith(text.slice(-length))) return length
  }
  return 0
}

function toPieces(type: TaggedText['type'], text: string): readonly TaggedText[] {
  return text === '' ? [] : [{ type, text }]
}
