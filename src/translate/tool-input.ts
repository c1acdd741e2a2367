import { isFields } from '../openai/fields.js'
import { nestsDeeperThan } from '../openai/nesting.js'

/** What a tool call of the history was called with. */
export interface ToolInput {
  /** Always an object: Bedrock refuses everything else (vercel/ai#19023). */
  readonly input: object
  /** True where the arguments had to be wrapped. */
  readonly mended: boolean
}

/** No tool takes more; what serializes the request recurses. */
const NESTING_MAX = 256

/**
 * The JSON text of `arguments` as an object. Models write it, and a call that was cut short is sent back as it is
 * (openwebui-contract §2): what is no object is wrapped, so that nothing of it is lost.
 */
export function toToolInput(argumentsText: string): ToolInput {
  if (argumentsText.trim() === '') return { input: {}, mended: false }
  const value = parse(argumentsText)
  if (value === undefined) return { input: { invalid_json: argumentsText }, mended: true }
  if (isFields(value)) return { input: value, mended: false }
  if (value === null) return { input: {}, mended: true }
  if (typeof value === 'string') return { ...toInnerInput(value), mended: true }
  return { input: { value }, mended: true }
}

/** Some models write the object as a JSON string. */
function toInnerInput(text: string): Pick<ToolInput, 'input'> {
  const inner = parse(text)
  return { input: isFields(inner) ? inner : { value: text } }
}

function parse(text: string): unknown {
  if (nestsDeeperThan(text, NESTING_MAX)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
