import { FrameError } from './frame-decoder.js'

export type HeaderValue = string | number | bigint | boolean | Buffer

/** The routing facts of a frame, from its `:message-type`, `:event-type`, `:exception-type`, `:error-code` headers. */
export type FrameKind =
  | { readonly type: 'event'; readonly name: string }
  | { readonly type: 'exception'; readonly name: string }
  | { readonly type: 'error'; readonly name: string; readonly message: string }

/**
 * Every header of a frame by name. Types as in the event-stream encoding: 0 true, 1 false, 2 byte, 3 short, 4 integer,
 * 5 long, 6 byte array, 7 string, 8 timestamp (milliseconds, as bigint), 9 uuid (as 16 bytes). Throws a `FrameError`.
 */
export function parseFrameHeaders(bytes: Buffer): Map<string, HeaderValue> {
  const headers = new Map<string, HeaderValue>()
  let offset = 0
  try {
    while (offset < bytes.length) {
      const nameEnd = offset + 1 + bytes.readUInt8(offset)
      const name = bytes.toString('utf8', offset + 1, nameEnd)
      const type = bytes.readUInt8(nameEnd)
      const { value, end } = parseHeaderValue(bytes, type, nameEnd + 1)
      if (end > bytes.length) throw new RangeError('header runs over the end')
      headers.set(name, value)
      offset = end
    }
  } catch (error) {
    if (error instanceof RangeError) throw new FrameError('Frame headers are cut or malformed')
    throw error
  }
  return headers
}

function parseHeaderValue(bytes: Buffer, type: number, at: number): { value: HeaderValue; end: number } {
  switch (type) {
    case 0:
      return { value: true, end: at }
    case 1:
      return { value: false, end: at }
    case 2:
      return { value: bytes.readInt8(at), end: at + 1 }
    case 3:
      return { value: bytes.readInt16BE(at), end: at + 2 }
    case 4:
      return { value: bytes.readInt32BE(at), end: at + 4 }
    case 5:
    case 8:
      return { value: bytes.readBigInt64BE(at), end: at + 8 }
    case 6: {
      const end = at + 2 + bytes.readUInt16BE(at)
      return { value: Buffer.from(bytes.subarray(at + 2, end)), end }
    }
    case 7: {
      const end = at + 2 + bytes.readUInt16BE(at)
      return { value: bytes.toString('utf8', at + 2, end), end }
    }
    case 9:
      return { value: Buffer.from(bytes.subarray(at, at + 16)), end: at + 16 }
    default:
      throw new FrameError(`Frame header of unknown type ${type}`)
  }
}

function toFrameKind(headers: Map<string, HeaderValue>): FrameKind {
  const text = (name: string): string => {
    const value = headers.get(name)
    return typeof value === 'string' ? value : ''
  }
  const messageType = text(':message-type')
  switch (messageType) {
    case 'event':
      return { type: 'event', name: text(':event-type') }
    case 'exception':
      return { type: 'exception', name: text(':exception-type') }
    case 'error':
      return { type: 'error', name: text(':error-code'), message: text(':error-message') }
    default:
      throw new FrameError('Frame without a known :message-type')
  }
}

/** Bedrock sends about a dozen different header blocks; more than this is not Bedrock, and is parsed each time. */
const KNOWN_BLOCKS_MAX = 64
const knownBlocks = new Map<number, { readonly bytes: Buffer; readonly kind: FrameKind }[]>()
let knownBlocksTotal = 0

/**
 * The kind of a frame from its header block. Blocks repeat byte for byte (3474 of 3474 recorded frames use one order), so
 * each is parsed once and then recognised by comparison.
 */
export function parseFrameKind(bytes: Buffer, start: number, end: number): FrameKind {
  const candidates = knownBlocks.get(end - start)
  if (candidates !== undefined) {
    for (const known of candidates) {
      if (known.bytes.compare(bytes, start, end) === 0) return known.kind
    }
  }
  const block = Buffer.from(bytes.subarray(start, end))
  const kind = toFrameKind(parseFrameHeaders(block))
  if (knownBlocksTotal < KNOWN_BLOCKS_MAX && kind.type !== 'error') {
    knownBlocksTotal += 1
    knownBlocks.set(block.length, [...(candidates ?? []), { bytes: block, kind }])
  }
  return kind
}
