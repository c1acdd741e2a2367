import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseConverseEvent } from '../../src/bedrock/events.js'
import { createFrameDecoder } from '../../src/bedrock/frame-decoder.js'
import { findTextDelta, TextDelta } from '../../src/bedrock/text-delta.js'
import { encodeFrame } from '../emulator/event-stream-encoder.js'
import { recordingsDir, skipWithout } from '../shared.js'

type Frame = [bytes: Buffer, headersStart: number, headersEnd: number, payloadEnd: number]

/** The text's JSON; null: the frame goes the ordinary way. What is found beside it must be true of it. */
function readTextDelta(...frame: Frame): string | null {
  const found = new TextDelta()
  if (!findTextDelta(...frame, found)) return null
  const json = frame[0].toString('utf8', found.start, found.end)
  assert.equal(found.isAscii, /^[\0-\x7f]*$/.test(json))
  if (found.isAscii) assert.equal(found.units, (JSON.parse(json) as string).length)
  return json
}

function framesOf(body: Buffer): Frame[] {
  const frames: Frame[] = []
  createFrameDecoder((...frame) => frames.push(frame)).push(body)
  return frames
}

function frameOf(payload: string, eventType = 'contentBlockDelta'): Frame {
  const headers = [
    [':event-type', eventType],
    [':content-type', 'application/json'],
    [':message-type', 'event'],
  ] as const
  const [frame] = framesOf(encodeFrame(headers, Buffer.from(payload)))
  assert.ok(frame)
  return frame
}

test('the short way reads the same text as the ordinary way, from every recorded text delta and from nothing else', {
  skip: skipWithout(recordingsDir),
}, () => {
  let textDeltas = 0
  for (const file of readdirSync(recordingsDir).filter((name) => /^\d+\.json$/.test(name))) {
    const { operation, response } = JSON.parse(readFileSync(join(recordingsDir, file), 'utf8'))
    if (operation !== 'ConverseStream' || !response.bodyBase64) continue
    for (const frame of framesOf(Buffer.from(response.bodyBase64, 'base64'))) {
      const json = readTextDelta(...frame)
      const event = readEvent(frame)
      const text = event?.type === 'contentBlockDelta' ? event.payload.delta.text : undefined
      assert.equal(json === null ? undefined : JSON.parse(json), text, file)
      if (text !== undefined) textDeltas += 1
    }
  }
  assert.ok(textDeltas > 1000, `${textDeltas} text deltas`)
})

function readEvent(frame: Frame) {
  try {
    return parseConverseEvent(...frame)
  } catch {
    return null
  }
}

const TEXT = '{"contentBlockIndex":0,"delta":{"text":'

for (const [name, payload, expected] of [
  ['plain text', `${TEXT}"Hello"},"p":"abc"}`, '"Hello"'],
  ['an empty text', `${TEXT}""},"p":"a"}`, '""'],
  ['a payload without padding', `${TEXT}"x"}}`, '"x"'],
  ['a two-digit index', `{"contentBlockIndex":12,"delta":{"text":"x"},"p":""}`, '"x"'],
  ['escapes, kept as they are', `${TEXT}"a\\"b\\\\\\u00e9\\n"},"p":"a"}`, '"a\\"b\\\\\\u00e9\\n"'],
  ['text beyond ASCII', `${TEXT}"héllo 😀"},"p":"a"}`, '"héllo 😀"'],
  ['quotes and dashes whose bytes begin like a line end', `${TEXT}"“a” – b…"},"p":"a"}`, '"“a” – b…"'],
  ['a line separator of Unicode', `${TEXT}"a\u2028b"},"p":"a"}`.replace('\\u2028', '\u2028'), null],
  ['a next-line sign of Unicode', `${TEXT}"a\u0085b"},"p":"a"}`, null],
  ['another order of members', `{"p":"a",${TEXT.slice(1)}"x"}}`, null],
  ['white space between members', `{ "contentBlockIndex":0,"delta":{"text":"x"},"p":"a"}`, null],
  ['a second member beside the text', `${TEXT}"x","signature":"s"},"p":"a"}`, null],
  ['a member after the padding', `${TEXT}"x"},"p":"a","q":1}`, null],
  ['padding with an escape', `${TEXT}"x"},"p":"a\\"b"}`, null],
  ['a reasoning delta', `{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"x"}},"p":"a"}`, null],
  ['a string that does not end', `${TEXT}"x`, null],
  ['a control character in the string', `${TEXT}"a\nb"},"p":"a"}`, null],
  ['a text that is no string', `${TEXT}1},"p":"a"}`, null],
] as const) {
  test(`the short way ${expected === null ? 'leaves alone' : 'takes'} ${name}`, () => {
    assert.equal(readTextDelta(...frameOf(payload)), expected)
  })
}

test('the short way leaves alone a frame of another type with the same payload', () => {
  assert.equal(readTextDelta(...frameOf(`${TEXT}"x"},"p":"a"}`, 'contentBlockStart')), null)
})
