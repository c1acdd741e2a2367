import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64, toBase64 } from '../../../src/translate/media/base64.js'
import { isDataUri, parseDataUri } from '../../../src/translate/media/data-uri.js'

const bytes = Buffer.from([0xfb, 0xff, 0xfe, 0x00, 0x41])
const standard = bytes.toString('base64')

for (const [says, uri, mediaType] of [
  ['in good form', `data:image/png;base64,${standard}`, 'image/png'],
  ['in upper case', `DATA:Image/PNG;BASE64,${standard}`, 'image/png'],
  ['with parameters', `data:image/png;charset=utf-8;base64,${standard}`, 'image/png'],
  ['without a media type', `data:;base64,${standard}`, null],
  ['with nothing but the word', `data:base64,${standard}`, null],
  ['with spaces in its label', `data: image/png ; base64 ,${standard}`, 'image/png'],
  ['without the word base64', `data:image/png,${standard}`, 'image/png'],
  ['in the url-safe alphabet', `data:image/png;base64,${bytes.toString('base64url')}`, 'image/png'],
  [
    'with broken lines',
    `data:image/png;base64,${standard.slice(0, 3)}\r\n ${standard.slice(3)}\n`,
    'image/png',
  ],
  ['with escapes', `data:image/png;base64,${encodeURIComponent(standard)}`, 'image/png'],
] as const) {
  test(`a data URI ${says} is read`, () => {
    assert.ok(isDataUri(uri))
    const parsed = parseDataUri(uri)
    assert.ok(parsed !== null)
    assert.deepEqual(Buffer.from(parsed.content.bytes), bytes)
    assert.equal(toBase64(parsed.content), standard)
    assert.equal(parsed.mediaType, mediaType)
  })
}

test('text without the word base64 is percent-encoded, as the standard says', () => {
  const parsed = parseDataUri('data:text/plain,Hello%2C%20W%C3%B6rld 100%25 50%')
  assert.equal(Buffer.from(parsed?.content.bytes ?? []).toString(), 'Hello, Wörld 100% 50%')
  assert.equal(Buffer.from(parseDataUri('data:,abcd')?.content.bytes ?? []).toString(), 'abcd')
})

for (const uri of [
  'data:image/png;base64',
  'data:image/png;base64,@@@',
  `data:${'x'.repeat(2000)},abc`,
  'data:',
]) {
  test(`${uri.slice(0, 40)} can't be read`, () => {
    assert.equal(parseDataUri(uri), null)
  })
}

test('base64 in good form is kept as the text it came as', () => {
  const decoded = decodeBase64(standard)
  assert.equal(decoded?.base64, standard)
})

for (const text of ['a', 'abcde', 'ab=c', 'ab c!', 'äbcd', '====', 'ab===']) {
  test(`${JSON.stringify(text)} is no base64`, () => {
    assert.equal(decodeBase64(text), null)
  })
}

test('whatever the form, base64 gives back its bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.boolean(), fc.boolean(), (array, urlSafe, padded) => {
      const source = Buffer.from(array)
      const text = source.toString(urlSafe ? 'base64url' : 'base64')
      const form = padded ? text : text.replace(/=+$/, '')
      const decoded = decodeBase64(form.replace(/(.{5})/g, '$1\n'))
      assert.ok(decoded !== null)
      assert.deepEqual(Buffer.from(decoded.bytes), source)
      assert.equal(toBase64(decoded), source.toString('base64'))
    }),
  )
})
