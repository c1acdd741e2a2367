import { crc32 } from 'node:zlib'

// application/vnd.amazon.eventstream: total length, header length, prelude CRC, headers, payload, message CRC.
const PRELUDE_BYTES = 12
const TRAILER_BYTES = 4
const STRING_HEADER = 7

/** One frame with string headers in the given order and both CRCs. */
export function encodeFrame(
  headers: readonly (readonly [name: string, value: string])[],
  payload: Buffer,
): Buffer {
  const headerBytes = Buffer.concat(headers.map(encodeStringHeader))
  const frame = Buffer.allocUnsafe(PRELUDE_BYTES + headerBytes.length + payload.length + TRAILER_BYTES)
  frame.writeUInt32BE(frame.length, 0)
  frame.writeUInt32BE(headerBytes.length, 4)
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8)
  headerBytes.copy(frame, PRELUDE_BYTES)
  payload.copy(frame, PRELUDE_BYTES + headerBytes.length)
  frame.writeUInt32BE(crc32(frame.subarray(0, frame.length - TRAILER_BYTES)), frame.length - TRAILER_BYTES)
  return frame
}

/** An event frame. Header order as on 3474 of 3474 recorded frames (bedrock-facts C5). */
export function encodeEvent(eventType: string, payload: unknown): Buffer {
  return encodeFrame(
    [
      [':event-type', eventType],
      [':content-type', 'application/json'],
      [':message-type', 'event'],
    ],
    Buffer.from(JSON.stringify(payload)),
  )
}

/** An exception frame; its payload is the message alone, without padding (recording 192). */
export function encodeException(exceptionType: string, message: string): Buffer {
  return encodeFrame(
    [
      [':exception-type', exceptionType],
      [':content-type', 'application/json'],
      [':message-type', 'exception'],
    ],
    Buffer.from(JSON.stringify({ message })),
  )
}

/** A copy of the frame whose message CRC is wrong by one bit. */
export function corruptMessageCrc(frame: Buffer): Buffer {
  const copy = Buffer.from(frame)
  copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1)
  return copy
}

function encodeStringHeader([name, value]: readonly [string, string]): Buffer {
  const nameBytes = Buffer.from(name)
  const valueBytes = Buffer.from(value)
  const lengths = { name: Buffer.from([nameBytes.length]), value: Buffer.alloc(3) }
  lengths.value.writeUInt8(STRING_HEADER, 0)
  lengths.value.writeUInt16BE(valueBytes.length, 1)
  return Buffer.concat([lengths.name, nameBytes, lengths.value, valueBytes])
}
