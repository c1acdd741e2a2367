import { parseFrameKind } from './frame-headers.js'

/** `{"contentBlockIndex":0,"delta":{"text":"…"},"p":"…"}`: the order of members in every recorded text delta. */
const START = Buffer.from('{"contentBlockIndex":')
const MIDDLE = Buffer.from(',"delta":{"text":')
const PADDING = Buffer.from('},"p":"')

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOWER_U = 0x75
const BRACE = 0x7d
const SPACE = 0x20
const ASCII_MAX = 0x7f
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39

/** The text of a text delta, as the JSON string it is on the wire: `bytes.subarray(start, end)`, quotes included. */
export class TextDelta {
  start = 0
  end = 0
  /** UTF-16 units of the text that it stands for; of ASCII only. */
  units = 0
  isAscii = true
}

/**
 * Finds the text in a frame that is a text delta: it goes into the client's chunk as it stands, neither parsed nor written
 * anew. False for every other frame, and for a text delta that is written in another way: those go through
 * `parseConverseEvent`. `found` is the caller's, to be used again and again.
 */
export function findTextDelta(
  bytes: Buffer,
  headersStart: number,
  headersEnd: number,
  payloadEnd: number,
  found: TextDelta,
): boolean {
  const kind = parseFrameKind(bytes, headersStart, headersEnd)
  if (kind.type !== 'event' || kind.name !== 'contentBlockDelta') return false
  if (!startsWith(bytes, START, headersEnd)) return false
  let at = headersEnd + START.length
  while (isDigit(bytes[at])) at += 1
  if (!startsWith(bytes, MIDDLE, at)) return false
  return (
    readString(bytes, at + MIDDLE.length, payloadEnd, found) && isPaddingUntil(bytes, found.end, payloadEnd)
  )
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
 * The JSON string that begins at `at`. False where there is none, or it holds a line end of Unicode, which the ordinary way
 * escapes for clients that split lines there.
 */
function readString(bytes: Buffer, at: number, end: number, found: TextDelta): boolean {
  if (bytes[at] !== QUOTE) return false
  found.isAscii = true
  let escapedBytes = 0
  for (let index = at + 1; index < end; index += 1) {
    const byte = bytes[index] as number
    if (byte === QUOTE) {
      found.start = at
      found.end = index + 1
      found.units = index - at - 1 - escapedBytes
      return true
    }
    if (byte < SPACE) return false
    if (byte === BACKSLASH) {
      index += 1
      escapedBytes += bytes[index] === LOWER_U ? 5 : 1
    } else if (byte > ASCII_MAX) {
      if (isLineEnd(bytes, index)) return false
      found.isAscii = false
    }
  }
  return false
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
