import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { parseConverseEvent } from '../../src/bedrock/events.js'
import { createFrameDecoder } from '../../src/bedrock/frame-decoder.js'
import type { ConverseEvent } from '../../src/bedrock/types.js'
import { GatewayError } from '../../src/errors.js'
import { recordingsDir, skipWithout } from '../shared.js'
import { decodeEvents, inChunksOf } from './decode.js'
import { type Recording, readRecording, readReplies } from './recordings.js'

const skip = skipWithout(recordingsDir)
const recordings = readReplies('ConverseStream')

/**
 * What real events carry and the SDK drops, because the service model does not have it. The list is exact: a member that is
 * not here must be decoded alike by both.
 */
const UNDOCUMENTED = [
  'contentBlockDelta.p',
  'contentBlockStart.p',
  'contentBlockStop.p',
  'messageStart.p',
  'messageStop.p',
  'metadata.p',
  'metadata.usage.cacheReadInputTokenCount',
  'metadata.usage.cacheWriteInputTokenCount',
  'metadata.usage.serverToolUsage',
]

test('every recorded ConverseStream body gives the events that the AWS SDK decodes from it', {
  skip,
}, async () => {
  assert.ok(recordings.length >= 73, `${recordings.length} bodies`)
  const dropped = new Set<string>()
  let eventsTotal = 0
  for (const recording of recordings) {
    const ours = decodeEvents([recording.body])
    const sdk = await decodeWithSdk(recording)
    assert.equal(ours.pendingBytes, 0, recording.id)
    assert.deepEqual(
      ours.events.map((event) => toModelled(event, dropped)),
      sdk.events,
      recording.id,
    )
    assert.equal(ours.thrown === null, sdk.thrown === null, recording.id)
    eventsTotal += ours.events.length
  }
  assert.ok(eventsTotal >= 2000, `${eventsTotal} events`)
  assert.deepEqual([...dropped].sort(), UNDOCUMENTED)
})

test('every recorded ConverseStream body gives the same frames and events when it is cut at any of its bytes', {
  skip,
}, () => {
  for (const recording of recordings) assertSameAtEveryCut(recording)
})

test('every recorded ConverseStream body gives the same events in chunks of 1, 2, 7, 64 and 1460 bytes', {
  skip,
}, () => {
  for (const { id, body } of recordings) {
    const whole = decodeEvents([body])
    for (const chunkBytes of [1, 2, 7, 64, 1460]) {
      assert.deepEqual(decodeEvents(inChunksOf(body, chunkBytes)), whole, `${id} in chunks of ${chunkBytes}`)
    }
  }
})

test('every recorded ConverseStream body that is cut off inside a frame leaves its bytes pending', {
  skip,
}, () => {
  for (const { id, body } of recordings) {
    const bounds = frameBounds(body)
    for (const start of bounds.slice(0, -1)) {
      for (const missing of [1, 4, 11]) {
        const { pendingBytes } = decodeEvents([body.subarray(0, start + missing)])
        assert.equal(pendingBytes, missing, `${id} at ${start + missing}`)
      }
    }
  }
})

test('the exception that is recording 192 becomes a 400 with the words of Bedrock', { skip }, () => {
  const { thrown, events } = decodeEvents([readRecording('0192').body])
  assert.deepEqual(events, [])
  assertGatewayError(thrown, {
    code: 'invalid_request',
    status: 400,
    upstream: 'validationException',
    words: /^Bedrock: The model returned the following errors: The detected file MIME type/,
  })
})

test('the exception at the end of recording 507 becomes a 502 that may be retried', { skip }, () => {
  const { thrown, events } = decodeEvents([readRecording('0507').body])
  // The frames before it are chunks of InvokeModelWithResponseStream: no events of Converse.
  assert.ok(events.length > 0 && events.every((event) => event.type === 'unknown'))
  assertGatewayError(thrown, {
    code: 'upstream_error',
    status: 502,
    upstream: 'modelStreamErrorException',
    words:
      /^Bedrock: The system encountered an unexpected error during processing\. Try your request again\.$/,
  })
})

/** What the SDK's client makes of a recorded reply that its transport hands it. */
async function decodeWithSdk({ body, headers }: Recording): Promise<{ events: object[]; thrown: unknown }> {
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    maxAttempts: 1,
    requestHandler: {
      handle: async () => ({ response: { statusCode: 200, headers, body: Readable.from([body]) } }),
    },
  })
  const events: object[] = []
  try {
    const reply = await client.send(new ConverseStreamCommand({ modelId: 'any', messages: [] }))
    for await (const event of reply.stream ?? []) events.push(withoutUndefined(event) as object)
    return { events, thrown: null }
  } catch (thrown) {
    return { events, thrown }
  }
}

/** One of our events in the SDK's shape: blobs as bytes, undocumented members left out and noted in `dropped`. */
function toModelled(event: ConverseEvent, dropped: Set<string>): object {
  assert.notEqual(event.type, 'unknown')
  const payload = 'payload' in event ? event.payload : {}
  return { [event.type]: toModelledValue(payload, event.type, dropped) }
}

function toModelledValue(value: unknown, path: string, dropped: Set<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => toModelledValue(item, path, dropped))
  if (typeof value === 'string' && path.endsWith('.redactedContent'))
    return new Uint8Array(Buffer.from(value, 'base64'))
  if (typeof value !== 'object' || value === null) return value
  const kept: [string, unknown][] = []
  for (const [name, member] of Object.entries(value)) {
    const memberPath = `${path}.${name}`
    if (UNDOCUMENTED.includes(memberPath)) dropped.add(memberPath)
    else kept.push([name, toModelledValue(member, memberPath, dropped)])
  }
  return Object.fromEntries(kept)
}

/** The SDK fills absent members with undefined here and there. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, withoutUndefined(member)]),
  )
}

/** Offsets at which frames begin, and the end. */
function frameBounds(body: Buffer): readonly number[] {
  const bounds = [0]
  for (let offset = 0; offset < body.length; bounds.push(offset)) offset += body.readUInt32BE(offset)
  return bounds
}

/**
 * A cut matters to the frame that it goes through and to its neighbours: for each cut the frame before it, the frame itself
 * and the two that follow go through a decoder of their own. That makes 400,000 cuts linear in the bytes, and seconds.
 */
function assertSameAtEveryCut({ id, body }: Recording): void {
  const bounds = frameBounds(body)
  const events = decodeEvents([body]).events.map((event) => JSON.stringify(event))
  const boundAt = (index: number): number => bounds[Math.max(0, index)] ?? body.length
  for (let frame = 0; frame + 1 < bounds.length; frame += 1) {
    const [start, end] = [boundAt(frame - 1), boundAt(frame + 3)]
    for (let cut = boundAt(frame); cut <= boundAt(frame + 1); cut += 1) {
      let index = Math.max(0, frame - 1)
      const decoder = createFrameDecoder((bytes, headersStart, headersEnd, payloadEnd) => {
        const isSame =
          body.compare(bytes, headersStart, payloadEnd, boundAt(index) + 12, boundAt(index + 1) - 4) === 0
        assert.ok(isSame, `${id}: frame ${index}, cut at ${cut}`)
        if (index === frame && index < events.length) {
          const event = parseConverseEvent(bytes, headersStart, headersEnd, payloadEnd)
          assert.equal(JSON.stringify(event), events[index])
        }
        index += 1
      })
      decoder.push(body.subarray(start, cut))
      decoder.push(body.subarray(cut, end))
      assert.equal(index, Math.min(frame + 3, bounds.length - 1), `${id}: cut at ${cut}`)
      assert.equal(decoder.pendingBytes(), 0)
    }
  }
}

function assertGatewayError(
  thrown: unknown,
  expected: { code: string; status: number; upstream: string; words: RegExp },
): void {
  assert(thrown instanceof GatewayError, String(thrown))
  assert.equal(thrown.code, expected.code)
  assert.equal(thrown.status, expected.status)
  assert.equal(thrown.upstream?.type, expected.upstream)
  assert.match(thrown.message, expected.words)
}
