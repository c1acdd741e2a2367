import { toArguments } from './client-tools.js'
import type { ReplyPlan } from './policy.js'

/**
 * The answer in the input of the tool that stands for it, as JSON text. A model that left out the member that should hold
 * the answer meant the whole input.
 */
export function toAnswer(input: unknown, { answerMember }: ReplyPlan): string {
  const isWrapped =
    answerMember !== null && typeof input === 'object' && input !== null && Object.hasOwn(input, answerMember)
  return isWrapped ? JSON.stringify((input as Record<string, unknown>)[answerMember]) : toArguments(input)
}

/** As `toAnswer`, for an input that comes in fragments, cut anywhere. */
export interface AnswerStream {
  /** The text of the answer that this fragment adds. */
  push(fragment: string): string
  /** What was held back, where the input ended before it said where the answer is. */
  end(): string
}

/** The start of an object up to the value of its first member. */
const FIRST_MEMBER = /^\s*\{\s*("(?:[^"\\]|\\.)*")\s*:\s*/s

export function createAnswerStream({ answerMember }: ReplyPlan): AnswerStream {
  let state: 'before' | 'inside' | 'whole' = answerMember === null ? 'whole' : 'before'
  let heldBack = ''
  const value = createValueScanner()

  return {
    push(fragment) {
      if (state === 'whole') return fragment
      if (state === 'inside') return value.take(fragment)
      heldBack += fragment
      const [start, name] = FIRST_MEMBER.exec(heldBack) ?? []
      if (start === undefined || name === undefined) return ''
      const said = heldBack
      heldBack = ''
      state = isNamed(name, answerMember) ? 'inside' : 'whole'
      return state === 'whole' ? said : value.take(said.slice(start.length))
    },
    end: () => heldBack,
  }
}

function isNamed(nameJson: string, name: string | null): boolean {
  try {
    return JSON.parse(nameJson) === name
  } catch {
    return false
  }
}

/** Takes JSON text up to the end of the value that it begins with. */
function createValueScanner(): { take(text: string): string } {
  let depth = 0
  let inString = false
  let escaped = false
  let over = false

  /** True for the sign that is not part of the value any more. */
  function ends(sign: string): boolean {
    if (inString) {
      if (escaped) escaped = false
      else if (sign === '\\') escaped = true
      else if (sign === '"') inString = false
      return false
    }
    if (depth === 0 && (sign === ',' || sign === '}')) return true
    if (sign === '"') inString = true
    else if (sign === '{' || sign === '[') depth += 1
    else if (sign === '}' || sign === ']') depth -= 1
    return false
  }

  return {
    take(text) {
      if (over) return ''
      for (let at = 0; at < text.length; at += 1) {
        if (!ends(text.charAt(at))) continue
        over = true
        return text.slice(0, at)
      }
      return text
    },
  }
}
