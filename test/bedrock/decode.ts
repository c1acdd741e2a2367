import { parseConverseEvent } from '../../src/bedrock/events.js'
import { createFrameDecoder } from '../../src/bedrock/frame-decoder.js'
import { type HeaderValue, parseFrameHeaders } from '../../src/bedrock/frame-headers.js'
import type { ConverseEvent } from '../../src/bedrock/types.js'

/** One frame, with bytes of its own. */
export interface Frame {
  readonly headers: ReadonlyMap<string, HeaderValue>
  readonly payload: Buffer
}

/** Every frame of a body that comes in these chunks, and what is left over. Throws as the decoder does. */
export function decodeFrames(chunks: readonly Buffer[]): {
  readonly frames: readonly Frame[]
  readonly pendingBytes: number
} {
  const frames: Frame[] = []
  const decoder = createFrameDecoder((bytes, headersStart, headersEnd, payloadEnd) => {
    frames.push({
      headers: parseFrameHeaders(Buffer.from(bytes.subarray(headersStart, headersEnd))),
      payload: Buffer.from(bytes.subarray(headersEnd, payloadEnd)),
    })
  })
  for (const chunk of chunks) lend(chunk, (part) => decoder.push(part))
  return { frames, pendingBytes: decoder.pendingBytes() }
}

/** The events of a body in these chunks, up to the first thing that was thrown; null: nothing was. */
export function decodeEvents(chunks: readonly Buffer[]): {
  readonly events: readonly ConverseEvent[]
  readonly thrown: unknown
  readonly pendingBytes: number
} {
  const events: ConverseEvent[] = []
  const decoder = createFrameDecoder((...frame) => {
    events.push(parseConverseEvent(...frame))
  })
  try {
    for (const chunk of chunks) lend(chunk, (part) => decoder.push(part))
    return { events, thrown: null, pendingBytes: decoder.pendingBytes() }
  } catch (thrown) {
    return { events, thrown, pendingBytes: decoder.pendingBytes() }
  }
}

/** Gives the bytes for the time of one push, as a connection does: its next read overwrites them. */
export function lend(chunk: Buffer, push: (bytes: Buffer) => void): void {
  const lent = Buffer.from(chunk)
  try {
    push(lent)
  } finally {
    lent.fill(0xff)
  }
}

/** `bytes` as the chunks between the given offsets, which may come in any order and more than once. */
export function cutAt(bytes: Buffer, offsets: readonly number[]): readonly Buffer[] {
  const bounds = [0, ...offsets.toSorted((a, b) => a - b), bytes.length]
  return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end))
}

/** `bytes` in chunks of `chunkBytes`; the last one may be shorter. */
export function inChunksOf(bytes: Buffer, chunkBytes: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  )
}
