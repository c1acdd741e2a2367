import { isUtf8 } from 'node:buffer'
import { GatewayError } from './errors.js'
import { type Fields, isFields } from './openai/fields.js'
import { nestsDeeperThan } from './openai/nesting.js'
import { parseJson, requireObject } from './openai/parse-json.js'

/** No tool schema comes near; every serializer behind this gateway recurses. */
const NESTING_MAX = 512
/** OpenAI's requests have some 40. What nobody knows is named in the reply: a million names would hold the loop for seconds. */
const MEMBERS_MAX = 1024

/** The bytes of a JSON request → its members, unchecked. Throws a `GatewayError`. */
export function parseBody(parts: readonly Uint8Array[]): Fields {
  const [only] = parts
  const bytes = parts.length === 1 && only !== undefined ? toBuffer(only) : Buffer.concat(parts)
  // Decoding would put a replacement character where the client said something else.
  if (!isUtf8(bytes)) throw new GatewayError('invalid_json', 'The request body is not valid UTF-8.')
  const text = bytes.toString('utf8')
  if (nestsDeeperThan(text, NESTING_MAX)) {
    throw new GatewayError(
      'invalid_request',
      `The request body nests deeper than ${NESTING_MAX} arrays and objects.`,
    )
  }
  const fields = requireObject(parseJson(text))
  const names = requireFewMembers(fields, null)
  // What stands in `extra_body` and its like counts as if it stood beside it.
  for (const name of names) {
    const value = fields[name]
    if (isFields(value)) requireFewMembers(value, name)
  }
  return fields
}

/** Their names. */
function requireFewMembers(fields: Fields, param: string | null): readonly string[] {
  const names = Object.keys(fields)
  if (names.length <= MEMBERS_MAX) return names
  const message = `${param ?? 'The request body'} must have at most ${MEMBERS_MAX} members, got ${names.length}`
  throw new GatewayError('invalid_request', message, { param })
}

/** The same memory as a Buffer: from a worker's message a part comes as a plain array. */
function toBuffer(part: Uint8Array): Buffer {
  return Buffer.from(part.buffer, part.byteOffset, part.byteLength)
}
