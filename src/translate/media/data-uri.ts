import { decodeBase64, type EncodedBytes } from './base64.js'

/** The content of a `data:` URI. */
export interface DataUri {
  readonly content: EncodedBytes
  /** What the label says, lower case, without parameters; null: nothing. Often wrong. */
  readonly mediaType: string | null
}

/** No label of use is longer. */
const LABEL_CHARACTERS_MAX = 1024
const PERCENT = 0x25

export function isDataUri(text: string): boolean {
  return /^\s*data:/i.test(text)
}

/**
 * Reads a `data:` URI (RFC 2397), and what clients make of it: upper case, missing or doubled parameters, percent-encoded base64,
 * base64 without the word `base64`. Null where the content can't be read.
 */
export function parseDataUri(uri: string): DataUri | null {
  const colon = uri.indexOf(':')
  const comma = uri.indexOf(',')
  if (comma === -1 || comma - colon > LABEL_CHARACTERS_MAX) return null
  const label = uri.slice(colon + 1, comma).split(';')
  const words = label.map((word) => word.trim().toLowerCase())
  const mediaType = words.find((word) => word.includes('/') && !word.includes('=')) ?? null
  const text = uri.slice(comma + 1)
  const content = words.includes('base64')
    ? decodeBase64(text.includes('%') ? decodeText(text) : text)
    : readUnmarked(text, mediaType)
  return content === null ? null : { content, mediaType }
}

/** Without the word `base64` the standard means percent-encoding; for anything but text a client hardly means that. */
function readUnmarked(text: string, mediaType: string | null): EncodedBytes {
  const isText = mediaType === null || /^text\/|json|xml/.test(mediaType)
  return (isText ? null : decodeBase64(text)) ?? { bytes: decodePercent(text), base64: null }
}

function decodeText(text: string): string {
  return Buffer.from(decodePercent(text)).toString('latin1')
}

/** `%41` → the byte 0x41; everything else as UTF-8. What only looks like an escape stays. */
function decodePercent(text: string): Uint8Array {
  const source = Buffer.from(text)
  const bytes = new Uint8Array(source.length)
  let length = 0
  for (let index = 0; index < source.length; index += 1) {
    const escaped = source[index] === PERCENT ? source.toString('latin1', index + 1, index + 3) : ''
    if (/^[0-9a-f]{2}$/i.test(escaped)) {
      bytes[length] = Number.parseInt(escaped, 16)
      index += 2
    } else {
      bytes[length] = source[index] ?? 0
    }
    length += 1
  }
  return bytes.subarray(0, length)
}
