import { parseFrameKind } from './frame-headers.js'

/** `{"contentBlockIndex":0,"delta":{"text":"…"},"p":"…"}`: the order of members in every recorded text delta. */
const START = Buffer.from('{"contentBlockIndex":')
const MIDDLE = Buffer.from(',"delta":{"text":')
const PADDING = Buffer.from('},"p":"')

const QUOTE = 0x22
const BACKSLASH = 0x5c
const BRACE = 0x7d
const SPACE = 0x20
const ASCII_MAX = 0x7f
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39

/**
 * The text of a frame that is a text delta, as the JSON string it is on the wire, quotes included: it goes into the
 * client's chunk as it stands, neither parsed nor written anew. Null for every other frame, and for a text delta that is
 * written in another way: those go through `parseConverseEvent`.
 */
export function readTextDelta(
  bytes: Buffer,
  headersStart: number,
  headersEnd: number,
  payloadEnd: number,
): string | null {
  const kind = parseFrameKind(bytes, headersStart, headersEnd)
  if (kind.type !== 'event' || kind.name !== 'contentBlockDelta') return null
  if (!startsWith(bytes, START, headersEnd)) return null
  let at = headersEnd + START.length
  while (isDigit(bytes[at])) at += 1
  if (!startsWith(bytes, MIDDLE, at)) return null
  const textStart = at + MIDDLE.length
  const textEnd = findStringEnd(bytes, textStart, payloadEnd)
  if (textEnd < 0 || !isPaddingUntil(bytes, textEnd, payloadEnd)) return null
  return bytes.toString('utf8', textStart, textEnd)
}

function startsWith(bytes: Buffer, expected: Buffer, at: number): boolean {
  for (let index = 0; index < expected.length; index += 1) {
    if (bytes[at + index] !== expected[index]) return false
  }
  return true
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9
}

/**
 * Past the closing quote of the string that begins at `at`; -1 where there is none, it is not a JSON string, or it holds a
 * line end of Unicode, which the ordinary way escapes for clients that split lines there.
 */
function findStringEnd(bytes: Buffer, at: number, end: number): number {
  if (bytes[at] !== QUOTE) return -1
  for (let index = at + 1; index < end; index += 1) {
    const byte = bytes[index] as number
    if (byte === QUOTE) return index + 1
    if (byte < SPACE) return -1
    if (byte === BACKSLASH) index += 1
    else if (byte > ASCII_MAX && isLineEnd(bytes, index)) return -1
  }
  return -1
}

/** U+0085, U+2028 or U+2029 in UTF-8. */
function isLineEnd(bytes: Buffer, at: number): boolean {
  if (bytes[at] === 0xc2) return bytes[at + 1] === 0x85
  if (bytes[at] !== 0xe2 || bytes[at + 1] !== 0x80) return false
  return bytes[at + 2] === 0xa8 || bytes[at + 2] === 0xa9
}

/** After the text there is only `}` for the delta, the padding member `p` without escapes, and the last `}`. */
function isPaddingUntil(bytes: Buffer, at: number, end: number): boolean {
  if (!startsWith(bytes, PADDING, at)) return bytes[at] === BRACE && bytes[at + 1] === BRACE && at + 2 === end
  const paddingStart = at + PADDING.length
  return bytes.indexOf(QUOTE, paddingStart) === end - 2 && bytes[end - 1] === BRACE
}
