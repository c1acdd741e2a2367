import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseImageReply } from '../../src/bedrock/image-reply.js'

const NONE = { images: [], seeds: [], filtered: null, failed: false, watched: false }

test('Nova and Titan: images without an error', () => {
  const expected = { ...NONE, images: ['AA==', 'BB=='] }
  assert.deepEqual(parseImageReply({ images: ['AA==', 'BB=='] }), expected)
  assert.deepEqual(parseImageReply({ images: ['AA==', 'BB=='], error: null, maskImage: 'CC==' }), expected)
})

test('Nova and Titan: an error with fewer images keeps the good ones and says why the others are missing', () => {
  const error = 'One or more of the generated images have been blocked by our content filters.'
  assert.deepEqual(parseImageReply({ images: ['AA=='], error }), {
    ...NONE,
    images: ['AA=='],
    filtered: error,
  })
})

test('Nova and Titan: an error without images is a filter', () => {
  const error = 'This request has been blocked by our content filters.'
  for (const images of [[], undefined, null]) {
    assert.deepEqual(parseImageReply({ images, error }), { ...NONE, filtered: error })
  }
})

test('an error that is no short plain sentence is not repeated', () => {
  for (const error of ['', 'x'.repeat(300), 'a\r\nheader: b', 'ünsafe', '<b>', '"a cat"']) {
    assert.deepEqual(parseImageReply({ error }), { ...NONE, filtered: 'Blocked by the content filter' })
  }
})

test('Stability: a picture with its seed', () => {
  assert.deepEqual(parseImageReply({ seeds: [2130420379], finish_reasons: [null], images: ['AA=='] }), {
    ...NONE,
    images: ['AA=='],
    seeds: [2130420379],
  })
})

test('Stability: seeds may be text', () => {
  assert.deepEqual(parseImageReply({ seeds: ['7'], finish_reasons: [null], images: ['AA=='] })?.seeds, [7])
})

test('Stability: what is filtered has a reason and no picture', () => {
  for (const filtered of [
    'Filter reason: prompt',
    'Filter reason: output image',
    'Filter reason: input image',
  ]) {
    assert.deepEqual(parseImageReply({ finish_reasons: [filtered] }), { ...NONE, filtered })
    assert.deepEqual(parseImageReply({ seeds: [1], finish_reasons: [filtered], images: [''] }), {
      ...NONE,
      filtered,
    })
  }
})

test('Stability: a reason belongs to the picture of its place', () => {
  const reply = {
    seeds: [1, 2, 3],
    finish_reasons: [null, 'Filter reason: output image', null],
    images: ['AA==', 'blurred', 'CC=='],
  }
  assert.deepEqual(parseImageReply(reply), {
    images: ['AA==', 'CC=='],
    seeds: [1, 3],
    filtered: 'Filter reason: output image',
    failed: false,
    watched: false,
  })
})

test('Stability: pictures that are fewer than reasons are the good ones', () => {
  const reply = { seeds: [1], finish_reasons: ['Filter reason: output image', null], images: ['AA=='] }
  assert.deepEqual(parseImageReply(reply), {
    images: ['AA=='],
    seeds: [1],
    filtered: 'Filter reason: output image',
    failed: false,
    watched: false,
  })
})

test('Stability: an inference error is a fault and no filter', () => {
  assert.deepEqual(parseImageReply({ finish_reasons: ['Inference error'] }), { ...NONE, failed: true })
  assert.deepEqual(
    parseImageReply({ seeds: [1, 2], finish_reasons: ['Inference error', null], images: ['', 'AA=='] }),
    { images: ['AA=='], seeds: [2], filtered: null, failed: true, watched: false },
  )
})

test('what is not of the protocol is no reply', () => {
  const replies: readonly unknown[] = [
    null,
    undefined,
    'text',
    [],
    {},
    { images: [] },
    { images: 'AA==' },
    { images: [5] },
    { images: ['AA=='], error: { message: 'x' } },
    { images: [''] },
    { images: ['AA=='], finish_reasons: [5] },
    { images: [''], finish_reasons: [null] },
    { message: 'The model is not ready' },
  ]
  for (const reply of replies) assert.equal(parseImageReply(reply), null, JSON.stringify(reply))
})

test('any JSON is no reply, or one that holds a picture or says why there is none', () => {
  const reply = fc.record(
    { images: fc.jsonValue(), error: fc.jsonValue(), finish_reasons: fc.jsonValue(), seeds: fc.jsonValue() },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), reply), (value) => {
      const read = parseImageReply(value)
      if (read === null) return
      assert.ok(read.images.length > 0 || read.filtered !== null || read.failed)
      assert.ok(read.images.every((image) => image !== ''))
      assert.ok(read.seeds.length <= read.images.length)
    }),
    { numRuns: 500 },
  )
})

const ACTION = 'amazon-bedrock-guardrailAction'

test('a guardrail that minded nothing is noted beside the pictures', () => {
  assert.deepEqual(parseImageReply({ images: ['AA=='], [ACTION]: 'NONE' }), {
    ...NONE,
    images: ['AA=='],
    watched: true,
  })
  const stability = { images: ['AA=='], finish_reasons: [null], seeds: [3], [ACTION]: 'NONE' }
  assert.equal(parseImageReply(stability)?.watched, true)
})

test('of what a guardrail stopped no picture is left, whatever stands around it', () => {
  for (const rest of [
    {},
    { images: ['AA=='] },
    { images: ['AA=='], finish_reasons: [null], seeds: [3] },
    { images: 'Sorry.', error: 'Sorry.' },
    { results: [{ outputText: 'Sorry.' }] },
  ]) {
    for (const action of ['INTERVENED', 'GUARDRAIL_INTERVENED', 'something new', 1]) {
      assert.deepEqual(parseImageReply({ ...rest, [ACTION]: action }), {
        ...NONE,
        filtered: 'Blocked by the guardrail',
        watched: true,
      })
    }
  }
})
