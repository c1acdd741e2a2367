import { crc32 } from 'node:zlib'

/** Length of the prelude: total length, headers length, prelude CRC; 4 bytes each, big-endian. */
const PRELUDE_BYTES = 12
const MESSAGE_CRC_BYTES = 4
const FRAME_BYTES_MIN = PRELUDE_BYTES + MESSAGE_CRC_BYTES
/** The protocol's own limit for one message: 16 MiB of payload, 128 KiB of headers. */
const FRAME_BYTES_MAX = 16 * 1024 * 1024 + 128 * 1024 + FRAME_BYTES_MIN

/** A frame that is not what the event-stream encoding says: what follows can't be trusted either. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/**
 * One checked frame: `bytes.subarray(headersStart, headersEnd)` are its headers, `(headersEnd, payloadEnd)` its
 * payload. The bytes are only valid during the call.
 */
export type FrameHandler = (
  bytes: Buffer,
  headersStart: number,
  headersEnd: number,
  payloadEnd: number,
) => void

export interface FrameDecoder {
  /** Decodes every frame that `chunk` completes; the chunk's bytes may change afterwards. Throws a `FrameError` at the first bad one. */
  push(chunk: Buffer): void
  /** Bytes of a frame that has begun and not ended; more than 0 at the end of the body means it was cut. */
  pendingBytes(): number
}

/**
 * A push decoder for `application/vnd.amazon.eventstream`. Frames inside one chunk are decoded in place; the parts of a
 * frame that spans chunks are kept as they came and joined once, when the last one is there.
 */
export function createFrameDecoder(onFrame: FrameHandler): FrameDecoder {
  let parts: Buffer[] = []
  let pendingBytes = 0
  /** Total length of the pending frame; 0 while its prelude is incomplete. */
  let expectedBytes = 0

  function decodeWhole(bytes: Buffer, offset: number, totalBytes: number): void {
    const headersEnd = offset + PRELUDE_BYTES + bytes.readUInt32BE(offset + 4)
    const payloadEnd = offset + totalBytes - MESSAGE_CRC_BYTES
    if (crc32(bytes.subarray(offset, payloadEnd)) !== bytes.readUInt32BE(payloadEnd)) {
      checkPrelude(bytes, offset)
      throw new FrameError('Message checksum mismatch')
    }
    if (headersEnd > payloadEnd) throw new FrameError('Headers run over the end of the frame')
    onFrame(bytes, offset + PRELUDE_BYTES, headersEnd, payloadEnd)
  }

  /**
   * Decodes the frames that begin and end in `bytes`; returns where the first incomplete one begins. The message checksum
   * covers the prelude, so the prelude's own one is only needed where its length makes us wait for more.
   */
  function decodeAll(bytes: Buffer): number {
    let offset = 0
    while (bytes.length - offset >= PRELUDE_BYTES) {
      const totalBytes = bytes.readUInt32BE(offset)
      if (totalBytes < FRAME_BYTES_MIN || bytes.length - offset < totalBytes) {
        checkPrelude(bytes, offset)
        break
      }
      decodeWhole(bytes, offset, totalBytes)
      offset += totalBytes
    }
    return offset
  }

  /** Copies: the chunk's memory belongs to the socket. */
  function keep(part: Buffer): void {
    if (part.length === 0) return
    parts.push(Buffer.from(part))
    pendingBytes += part.length
  }

  /** Adds what the pending frame still lacks; returns how much of `chunk` that took. */
  function completePending(chunk: Buffer): number {
    let taken = 0
    if (expectedBytes === 0) {
      taken = Math.min(PRELUDE_BYTES - pendingBytes, chunk.length)
      keep(chunk.subarray(0, taken))
      if (pendingBytes < PRELUDE_BYTES) return taken
      parts = [Buffer.concat(parts)]
      expectedBytes = checkPrelude(parts[0] as Buffer, 0)
    }
    const lacking = Math.min(expectedBytes - pendingBytes, chunk.length - taken)
    keep(chunk.subarray(taken, taken + lacking))
    if (pendingBytes < expectedBytes) return taken + lacking
    const whole = Buffer.concat(parts, expectedBytes)
    parts = []
    pendingBytes = 0
    expectedBytes = 0
    decodeWhole(whole, 0, whole.length)
    return taken + lacking
  }

  return {
    pendingBytes() {
      return pendingBytes
    },
    push(chunk) {
      let rest = chunk
      while (pendingBytes > 0 && rest.length > 0) rest = rest.subarray(completePending(rest))
      if (rest.length === 0) return
      const offset = decodeAll(rest)
      if (offset === rest.length) return
      const tail = rest.subarray(offset)
      keep(tail)
      if (tail.length >= PRELUDE_BYTES) expectedBytes = tail.readUInt32BE(0)
    },
  }
}

/** Checks a prelude and returns the frame's total length in bytes. */
function checkPrelude(bytes: Buffer, offset: number): number {
  const totalBytes = bytes.readUInt32BE(offset)
  const headersBytes = bytes.readUInt32BE(offset + 4)
  if (crc32(bytes.subarray(offset, offset + 8)) !== bytes.readUInt32BE(offset + 8)) {
    throw new FrameError('Prelude checksum mismatch')
  }
  if (totalBytes > FRAME_BYTES_MAX || headersBytes > totalBytes - FRAME_BYTES_MIN) {
    throw new FrameError(`Frame lengths out of range: ${totalBytes} bytes with ${headersBytes} of headers`)
  }
  return totalBytes
}
