import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MarkerCounter } from './marker-counter.js'
import { DEFAULT_PLAN, MARKER, toStampedChunk, toStreamReply, toTextFrame } from './wire.js'

const EVENTS = 5
const REPLY = toStreamReply({ ...DEFAULT_PLAN, events: EVENTS, eventsPerChunk: 2 })

function count(parts: readonly Buffer[]): number {
  const counter = new MarkerCounter()
  return parts.reduce((found, part) => found + counter.push(part), 0)
}

test('markers are counted the same in parts of any size', () => {
  for (const size of [1, 2, 3, 5, 11, 12, 13, 64, REPLY.length]) {
    const parts = Array.from({ length: Math.ceil(REPLY.length / size) }, (_, index) =>
      REPLY.subarray(index * size, (index + 1) * size),
    )
    assert.equal(count(parts), EVENTS, `in parts of ${size} bytes`)
  }
})

test('markers are counted the same when the reply is cut at any byte', () => {
  for (let at = 0; at <= REPLY.length; at += 1)
    assert.equal(count([REPLY.subarray(0, at), REPLY.subarray(at)]), EVENTS, `cut at ${at}`)
})

test('what only begins like a marker is none, whatever follows', () => {
  const begun = MARKER.subarray(0, -1)
  assert.equal(count([begun, Buffer.from('x'), MARKER]), 1)
  assert.equal(count([begun, MARKER]), 1)
  assert.equal(count([MARKER, MARKER.subarray(1)]), 1)
})

test('the stamp is that of the first event, or none where it was cut', () => {
  const frames = Buffer.concat([toTextFrame(1234), toTextFrame(9999)])
  const end = frames.indexOf(MARKER) + MARKER.length + 8
  for (let at = 0; at <= frames.length; at += 1) {
    const counter = new MarkerCounter()
    counter.push(frames.subarray(0, at))
    counter.push(frames.subarray(at))
    const isWhole = at <= end - 8 - MARKER.length || at >= end
    assert.equal(counter.firstStampUs, isWhole ? 1234 : Number.NaN, `cut at ${at}`)
  }
})

test('a counter tells the stamp of each event whose digits came with it', () => {
  const reply = Buffer.concat([7, 1_234, 99_999_999].map(toStampedChunk))
  const stamps: number[] = []
  new MarkerCounter((stampUs) => stamps.push(stampUs)).push(reply)
  assert.deepEqual(stamps, [7, 1_234, 99_999_999])
  const cut: number[] = []
  new MarkerCounter((stampUs) => cut.push(stampUs)).push(reply.subarray(0, reply.indexOf('00001234') + 3))
  assert.deepEqual(cut, [7])
})
