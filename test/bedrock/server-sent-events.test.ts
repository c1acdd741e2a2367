import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameError } from '../../src/bedrock/frame-decoder.js'
import { createServerSentEventDecoder } from '../../src/bedrock/server-sent-events.js'
import { lend } from './decode.js'

type Heard = readonly (readonly [name: string, data: string])[]

function decode(chunks: readonly (string | Buffer)[]): Heard {
  const heard: [string, string][] = []
  const decoder = createServerSentEventDecoder((name, data) => heard.push([name, data]))
  for (const chunk of chunks) lend(Buffer.from(chunk), decoder)
  return heard
}

const CASES: readonly { readonly says: string; readonly body: string; readonly events: Heard }[] = [
  { says: 'one event', body: 'data: {"a":1}\n\n', events: [['', '{"a":1}']] },
  { says: 'no space after the colon', body: 'data:{"a":1}\n\n', events: [['', '{"a":1}']] },
  { says: 'only the first space is taken off', body: 'data:  a\n\n', events: [['', ' a']] },
  {
    says: 'lines that end with CRLF',
    body: 'data: a\r\n\r\ndata: b\r\n\r\n',
    events: [
      ['', 'a'],
      ['', 'b'],
    ],
  },
  {
    says: 'lines that end with CR',
    body: 'data: a\r\rdata: b\r\r',
    events: [
      ['', 'a'],
      ['', 'b'],
    ],
  },
  {
    says: 'line ends of all kinds',
    body: 'data: a\n\r\ndata: b\r\n\rdata: c\r\n\n',
    events: [
      ['', 'a'],
      ['', 'b'],
      ['', 'c'],
    ],
  },
  { says: 'comments', body: ': ping\n\ndata: a\n: between\n\n:\n\n', events: [['', 'a']] },
  { says: 'data of several lines', body: 'data: a\ndata\ndata: b\n\n', events: [['', 'a\n\nb']] },
  {
    says: 'names',
    body: 'event: error\ndata: a\n\ndata: b\n\n',
    events: [
      ['error', 'a'],
      ['', 'b'],
    ],
  },
  { says: 'other fields', body: 'id: 7\nretry: 10\ndata: a\nwhat\n\n', events: [['', 'a']] },
  { says: 'events without data', body: 'event: error\n\nid: 1\n\ndata: a\n\n', events: [['', 'a']] },
  {
    says: 'a byte order mark',
    body: '\ufeffdata: a\n\ndata: \ufeffb\n\n',
    events: [
      ['', 'a'],
      ['', '\ufeffb'],
    ],
  },
  { says: 'an event that is cut off', body: 'data: a\n\ndata: b\n', events: [['', 'a']] },
  { says: 'characters of several bytes', body: 'data: «ü→🦜»\n\n', events: [['', '«ü→🦜»']] },
]

for (const { says, body, events } of CASES) {
  test(`${says}: the same whole, byte by byte and cut once at each byte`, () => {
    const bytes = Buffer.from(body)
    assert.deepEqual(decode([bytes]), events, 'whole')
    assert.deepEqual(decode(Array.from(bytes, (byte) => Buffer.of(byte))), events, 'byte by byte')
    for (let cut = 1; cut < bytes.length; cut += 1)
      assert.deepEqual(decode([bytes.subarray(0, cut), bytes.subarray(cut)]), events, `cut at ${cut}`)
  })
}

test('events come out as they went in, whatever their text and however they are cut', () => {
  const line = fc.string({ unit: 'binary' }).map((text) => text.replace(/[\r\n\ufeff]/g, '·'))
  fc.assert(
    fc.property(
      fc.array(fc.array(line, { minLength: 1, maxLength: 3 }), { maxLength: 5 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.array(fc.nat(40), { minLength: 1, maxLength: 20 }),
      (events, lineEnd, lengths) => {
        const body = events
          .map((lines) => lines.map((text) => `data: ${text}${lineEnd}`).join('') + lineEnd)
          .join('')
        const bytes = Buffer.from(body)
        const chunks: Buffer[] = []
        for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
          const length = (lengths[turn % lengths.length] ?? 0) + 1
          chunks.push(bytes.subarray(from, from + length))
          from += length
        }
        const expected = events.map((lines) => ['', Buffer.from(lines.join('\n')).toString()] as const)
        assert.deepEqual(decode(chunks), expected)
      },
    ),
  )
})

test('a line and an event without end are refused, not kept for ever', () => {
  const megabyte = Buffer.alloc(1024 * 1024, 'x')
  const endlessLine = Array.from({ length: 5 }, () => megabyte)
  assert.throws(() => decode(['data: ', ...endlessLine]), FrameError)
  const endlessEvent = Array.from({ length: 5 }, () =>
    Buffer.concat([Buffer.from('data: '), megabyte, Buffer.from('\n')]),
  )
  assert.throws(() => decode(endlessEvent), FrameError)
})
