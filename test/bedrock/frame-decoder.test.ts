import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { createFrameDecoder, FrameError } from '../../src/bedrock/frame-decoder.js'
import { type HeaderValue, parseFrameHeaders, parseFrameKind } from '../../src/bedrock/frame-headers.js'
import { GatewayError } from '../../src/errors.js'
import { encodeEvent, encodeFrame } from '../emulator/event-stream-encoder.js'
import { recordingsDir, skipWithout } from '../shared.js'
import { cutAt, decodeEvents, decodeFrames, inChunksOf } from './decode.js'

const vectorsDir = join(recordingsDir, 'event-stream-vectors')
const skip = skipWithout(vectorsDir)

interface DecodedVector {
  readonly headers: readonly { readonly name: string; readonly type: number; readonly value: unknown }[]
  readonly payload: string
}

const encodedVector = (kind: string, name: string): Buffer =>
  readFileSync(join(vectorsDir, 'encoded', kind, name))

/** The value as `parseFrameHeaders` gives it: strings, byte arrays and uuids are base64 in the vectors, longs are bigint here. */
function toHeaderValue({ type, value }: DecodedVector['headers'][number]): HeaderValue {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return type === 5 || type === 8 ? BigInt(value) : value
  assert(typeof value === 'string')
  const bytes = Buffer.from(value, 'base64')
  return type === 7 ? bytes.toString('utf8') : bytes
}

test("each of AWS's positive vectors gives its headers and payload, whole and cut at every byte", {
  skip,
}, () => {
  const names = readdirSync(join(vectorsDir, 'encoded/positive'))
  assert.equal(names.length, 5)
  for (const name of names) {
    const bytes = encodedVector('positive', name)
    const vector = JSON.parse(
      readFileSync(join(vectorsDir, 'decoded/positive', name), 'utf8'),
    ) as DecodedVector
    const expected = {
      frames: [
        {
          headers: new Map(vector.headers.map((header) => [header.name, toHeaderValue(header)])),
          payload: Buffer.from(vector.payload, 'base64'),
        },
      ],
      pendingBytes: 0,
    }
    for (let offset = 0; offset <= bytes.length; offset += 1) {
      assert.deepEqual(decodeFrames(cutAt(bytes, [offset])), expected, `${name} cut at ${offset}`)
    }
    assert.deepEqual(decodeFrames(inChunksOf(bytes, 1)), expected, `${name} byte by byte`)
  }
})

test("each of AWS's negative vectors gives the words of its decoded file, whole and cut at every byte", {
  skip,
}, () => {
  const names = readdirSync(join(vectorsDir, 'encoded/negative'))
  assert.equal(names.length, 4)
  for (const name of names) {
    const bytes = encodedVector('negative', name)
    const message = readFileSync(join(vectorsDir, 'decoded/negative', name), 'utf8').trim()
    for (let offset = 0; offset <= bytes.length; offset += 1) {
      assert.throws(
        () => decodeFrames(cutAt(bytes, [offset])),
        (error) => error instanceof FrameError && error.message === message,
        `${name} cut at ${offset}`,
      )
    }
  }
})

const headerText = fc.string({ unit: 'binary', maxLength: 40 })
const anyFrame = fc
  .record({
    headers: fc.uniqueArray(fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), headerText), {
      maxLength: 5,
      selector: ([name]) => name,
    }),
    payload: fc.uint8Array({ maxLength: 300 }),
  })
  .map(({ headers, payload }) => ({ headers, payload: Buffer.from(payload) }))

test('any frames come out as they were encoded, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(anyFrame, { maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      (expected, cuts) => {
        const body = Buffer.concat(expected.map(({ headers, payload }) => encodeFrame(headers, payload)))
        const offsets = cuts.map((cut) => (body.length === 0 ? 0 : cut % body.length))
        const { frames, pendingBytes } = decodeFrames(cutAt(body, offsets))
        assert.deepEqual(
          frames,
          expected.map(({ headers, payload }) => ({ headers: new Map(headers), payload })),
        )
        assert.equal(pendingBytes, 0)
      },
    ),
    { numRuns: 300 },
  )
})

test('any garbage gives frames or a FrameError or GatewayError, never another throw', () => {
  const garbage = fc.array(fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)))
  fc.assert(fc.property(garbage, assertNoOtherThrow), { numRuns: 500 })
})

test('frames with good checksums and garbage inside give a FrameError or GatewayError, never another throw', () => {
  const inside = fc.record({
    headerBytes: fc.uint8Array({ maxLength: 60 }),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.json().map((text) => Buffer.from(text)),
    ),
  })
  fc.assert(
    fc.property(inside, ({ headerBytes, payload }) => assertNoOtherThrow([frameOf(headerBytes, payload)])),
    { numRuns: 1_000 },
  )
  const event = fc.record({
    name: fc.constantFrom('messageStart', 'contentBlockDelta', 'metadata', 'somethingNew', ''),
    type: fc.constantFrom('event', 'exception', 'error', '', 'other'),
    payload: fc.oneof(fc.json(), fc.string()),
  })
  fc.assert(
    fc.property(event, ({ name, type, payload }) => {
      const headers = [':event-type', ':exception-type', ':error-code'].map((key) => [key, name] as const)
      assertNoOtherThrow([encodeFrame([...headers, [':message-type', type]], Buffer.from(payload))])
    }),
    { numRuns: 500 },
  )
})

test('one flipped bit anywhere in a frame is a FrameError', () => {
  const frame = encodeEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hello' }, p: 'abc' })
  for (let bit = 0; bit < frame.length * 8; bit += 1) {
    const damaged = Buffer.from(frame)
    damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    assert.throws(() => decodeFrames([damaged]), FrameError, `bit ${bit}`)
  }
})

test('a length prefix beyond the protocol is refused at the prelude, whole and cut, and none of it is allocated', () => {
  for (const lengths of [
    { totalBytes: 0xff_ff_ff_ff, headersBytes: 0 },
    { totalBytes: 0x02_00_00_00, headersBytes: 80 },
    { totalBytes: 100, headersBytes: 0xff_ff_ff_ff },
    { totalBytes: 100, headersBytes: 85 },
    { totalBytes: 15, headersBytes: 0 },
    { totalBytes: 0, headersBytes: 0 },
  ]) {
    const prelude = preludeOf(lengths)
    for (let offset = 0; offset <= prelude.length; offset += 1) {
      const before = process.memoryUsage().arrayBuffers
      assert.throws(
        () => decodeFrames(cutAt(prelude, [offset])),
        /^FrameError: Frame lengths out of range/,
        `${JSON.stringify(lengths)} cut at ${offset}`,
      )
      assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024)
    }
  }
})

test('the longest frame that the protocol allows takes no memory before its bytes are there', () => {
  const decoder = createFrameDecoder(() => assert.fail('no frame is complete'))
  const before = process.memoryUsage().arrayBuffers
  decoder.push(preludeOf({ totalBytes: 16 * 1024 * 1024, headersBytes: 80 }))
  decoder.push(Buffer.alloc(1000))
  assert.equal(decoder.pendingBytes(), 1012)
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024)
})

test('pendingBytes says how much of a frame has come, at every cut, and 0 between frames', () => {
  const frame = encodeEvent('messageStop', { stopReason: 'end_turn' })
  const two = Buffer.concat([frame, frame])
  for (let end = 0; end <= two.length; end += 1) {
    const expected = end % frame.length
    assert.equal(decodeFrames([two.subarray(0, end)]).pendingBytes, expected, `one chunk of ${end}`)
    assert.equal(decodeFrames(inChunksOf(two.subarray(0, end), 7)).pendingBytes, expected, `chunks to ${end}`)
  }
})

test('bytes of a pending frame do not change when the socket takes its memory back', () => {
  const frame = encodeEvent('messageStart', { role: 'assistant' })
  const chunk = Buffer.from(frame.subarray(0, 30))
  const payloads: string[] = []
  const decoder = createFrameDecoder((bytes, _start, headersEnd, payloadEnd) => {
    payloads.push(bytes.toString('utf8', headersEnd, payloadEnd))
  })
  decoder.push(chunk)
  chunk.fill(0)
  decoder.push(frame.subarray(30))
  assert.deepEqual(payloads, ['{"role":"assistant"}'])
})

test('parseFrameKind: the same block gives the same kind, and many different blocks are told apart', () => {
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < 200; index += 1) {
      const frame = encodeEvent(`event-${index}`, {})
      const headersEnd = 12 + frame.readUInt32BE(4)
      assert.deepEqual(parseFrameKind(frame, 12, headersEnd), { type: 'event', name: `event-${index}` })
    }
  }
})

test('parseFrameHeaders: headers that are cut at any byte are a FrameError, or end between two headers', {
  skip,
}, () => {
  const frame = encodedVector('positive', 'all_headers')
  const headers = frame.subarray(12, 12 + frame.readUInt32BE(4))
  const whole = [...parseFrameHeaders(headers)]
  let complete = 0
  for (let end = 0; end < headers.length; end += 1) {
    try {
      const parsed = [...parseFrameHeaders(headers.subarray(0, end))]
      assert.deepEqual(parsed, whole.slice(0, complete), `cut at ${end}`)
      complete += 1
    } catch (error) {
      assert(error instanceof FrameError, String(error))
    }
  }
  assert.equal(complete, whole.length)
})

test('parseFrameHeaders: numbers of every width are signed, longs keep all their bits', () => {
  const numbers: readonly [name: string, type: number, hex: string, value: HeaderValue][] = [
    ['b', 2, '80', -128],
    ['s', 3, '8000', -32_768],
    ['i', 4, '80000000', -2_147_483_648],
    ['l', 5, '8000000000000000', -(2n ** 63n)],
    ['t', 8, '7fffffffffffffff', 2n ** 63n - 1n],
  ]
  const headers = numbers.map(([name, type, hex]) =>
    Buffer.concat([Buffer.from([1]), Buffer.from(name), Buffer.from([type]), Buffer.from(hex, 'hex')]),
  )
  assert.deepEqual(
    [...parseFrameHeaders(Buffer.concat(headers))],
    numbers.map(([name, , , value]) => [name, value]),
  )
})

function assertNoOtherThrow(chunks: readonly Buffer[]): void {
  const { thrown } = decodeEvents(chunks)
  assert.ok(thrown === null || thrown instanceof FrameError || thrown instanceof GatewayError, String(thrown))
}

function preludeOf({ totalBytes, headersBytes }: { totalBytes: number; headersBytes: number }): Buffer {
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(totalBytes, 0)
  prelude.writeUInt32BE(headersBytes, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  return prelude
}

/** A frame with both checksums right around header bytes that need not be headers. */
function frameOf(headerBytes: Uint8Array, payload: Uint8Array): Buffer {
  const totalBytes = 12 + headerBytes.length + payload.length + 4
  const withoutCrc = Buffer.concat([
    preludeOf({ totalBytes, headersBytes: headerBytes.length }),
    headerBytes,
    payload,
  ])
  const trailer = Buffer.alloc(4)
  trailer.writeUInt32BE(crc32(withoutCrc), 0)
  return Buffer.concat([withoutCrc, trailer])
}
