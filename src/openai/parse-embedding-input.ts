import { GatewayError } from '../errors.js'
import type { EmbeddingInput } from './embedding-types.js'
import { fieldError, isFields, parseString } from './fields.js'

/** The largest id of cl100k_base, `<|endofprompt|>`. */
const TOKEN_ID_MAX = 100_276

const EXPECTED = 'a string, a list of token ids, or an object with a text or an image'

/**
 * OpenAI's `input`: a string, a list of them, a list of token ids, or a list of such lists. For models that see images an item
 * may be a part of a message (`{type: 'image_url', …}`), Jina's `{image}` or a `data:image/…` URI. Throws a `GatewayError` that
 * names the item: `input[3]`.
 */
export function parseEmbeddingInputs(value: unknown, inputsMax: number): readonly EmbeddingInput[] {
  if (!Array.isArray(value)) return [parseInput(value, 'input')]
  if (value.length === 0) throw fieldError('input', 'a list with at least one text', value)
  if (typeof value[0] === 'number') return [parseTokens(value, 'input')]
  if (value.length > inputsMax) {
    throw new GatewayError(
      'invalid_request',
      `input must hold at most ${inputsMax} inputs (BEDROCKD_EMBEDDING_INPUTS_MAX), got ${value.length}`,
      { param: 'input' },
    )
  }
  return value.map((item: unknown, index) => parseInput(item, `input[${index}]`))
}

function parseInput(value: unknown, param: string): EmbeddingInput {
  if (typeof value === 'string') return isImageUri(value) ? parseImage(value, param) : parseText(value, param)
  if (Array.isArray(value)) return parseTokens(value, param)
  if (!isFields(value)) throw fieldError(param, EXPECTED, value)
  if (value['image_url'] !== undefined) return parseImageUrl(value['image_url'], `${param}.image_url`)
  // Jina's form, in which the base64 may stand alone.
  if (value['image'] !== undefined) return parseImage(value['image'], `${param}.image`)
  return parseText(value['text'], `${param}.text`)
}

/** Bedrock refuses what is blank (facts C6), and OpenAI what is empty. */
function parseText(value: unknown, param: string): EmbeddingInput {
  const text = parseString(value, param)
  if (text.trim() === '') throw new GatewayError('invalid_request', `${param} must not be blank`, { param })
  return { type: 'text', text }
}

function parseTokens(values: readonly unknown[], param: string): EmbeddingInput {
  if (values.length === 0) throw fieldError(param, 'a list with at least one token id', values)
  const tokens = values.map((value, index) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= TOKEN_ID_MAX) {
      return value
    }
    throw fieldError(
      `${param}[${index}]`,
      `a token id (0 to ${TOKEN_ID_MAX}), as the list's first item is one`,
      value,
    )
  })
  return { type: 'tokens', tokens }
}

function parseImageUrl(value: unknown, param: string): EmbeddingInput {
  return isFields(value) ? parseImage(value['url'], `${param}.url`) : parseImage(value, param)
}

function isImageUri(text: string): boolean {
  return /^data:image\//i.test(text)
}

const URI = /^data:(?:image\/[a-z0-9.+-]{1,32})?(?:;[^,;]{0,64}){0,4};base64,/i

/** A `data:` URI, or its base64 alone: what it is called does not count. Nothing is fetched: an address is refused. */
function parseImage(value: unknown, param: string): EmbeddingInput {
  const text = parseString(value, param)
  const uri = URI.exec(text)
  const base64 = withoutSpace(uri === null ? text : text.slice(uri[0].length))
  if (base64 === '' || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw new GatewayError('invalid_request', `${param} must be a data:image/…;base64,… URI`, { param })
  }
  return { type: 'image', base64 }
}

function withoutSpace(text: string): string {
  return /\s/.test(text) ? text.replace(/\s+/g, '') : text
}
