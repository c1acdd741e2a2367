import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../src/errors.js'
import { type Form, parseMultipart } from '../../workers/multipart.js'
import { openwebuiDir, skipWithout } from '../shared.js'
import { BOUNDARY, FORM_TYPE, type FormPart, formBody } from './multipart-form.js'

const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 13, 10, 45, 45, 0, 255])
const IMAGE: FormPart = { name: 'image', value: PICTURE, fileName: 'a.png', type: 'image/png' }
const PROMPT: FormPart = { name: 'prompt', value: 'Füchse – 狐' }
const WHOLE = formBody([PROMPT, IMAGE, { name: 'n', value: '2' }])

function isRefusal(param: string | null, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.status, 400)
    assert.equal(error.param, param)
    assert.match(error.message, message)
    return true
  }
}

function refuses(parts: readonly FormPart[], param: string | null, message: RegExp): Promise<void> {
  return assert.rejects(parseMultipart([formBody(parts)], FORM_TYPE), isRefusal(param, message))
}

function assertWhole({ fields, files }: Form): void {
  assert.deepEqual(fields, { prompt: 'Füchse – 狐', n: '2' })
  assert.deepEqual(
    files.map(({ field, bytes }) => [field, Buffer.from(bytes)]),
    [['image', PICTURE]],
  )
}

test('a form gives its fields and its pictures', async () => {
  assertWhole(await parseMultipart([WHOLE], FORM_TYPE))
})

test('a form in two parts reads the same wherever it is cut', async () => {
  for (let cut = 0; cut <= WHOLE.length; cut += 1) {
    assertWhole(await parseMultipart([WHOLE.subarray(0, cut), WHOLE.subarray(cut)], FORM_TYPE))
  }
})

test('a form in parts of one byte reads the same', async () => {
  assertWhole(
    await parseMultipart(
      Array.from(WHOLE, (byte) => new Uint8Array([byte])),
      FORM_TYPE,
    ),
  )
})

test('a form that ends early is a multipart without end, wherever it ends', async () => {
  const closing = WHOLE.length - '\r\n'.length
  for (let end = 0; end < closing; end += 1) {
    await assert.rejects(
      parseMultipart([WHOLE.subarray(0, end)], FORM_TYPE),
      isRefusal(null, /multipart without end/),
      `${end} bytes`,
    )
  }
  assertWhole(await parseMultipart([WHOLE.subarray(0, closing)], FORM_TYPE))
})

test('an empty body is a multipart without end', async () => {
  await assert.rejects(parseMultipart([], FORM_TYPE), isRefusal(null, /multipart without end/))
})

test('bytes of any kind give a form or a refusal, and always an end', async () => {
  const line = `\r\n--${BOUNDARY}`
  const pieces = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .constantFrom(
        line,
        `${line}--`,
        `${line}\r\n`,
        '\r\n\r\n',
        '--',
        'Content-Disposition: form-data; name="image"; filename="x"\r\n\r\n',
        'Content-Disposition: form-data; name="prompt"\r\n\r\n',
        'Content-Disposition: form-data\r\n\r\n',
        'Content-Type: text/plain; charset=utf-7\r\n',
      )
      .map((text) => new Uint8Array(Buffer.from(text))),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 12 }), async (parts) => {
      await parseMultipart(parts, FORM_TYPE).catch((error: unknown) => {
        assert.ok(error instanceof GatewayError, String(error))
      })
    }),
    { numRuns: 2_000 },
  )
})

test('a form with one byte changed gives a form or a refusal, and always an end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(WHOLE.length - 1), fc.nat(255), async (index, byte) => {
      const changed = Buffer.from(WHOLE)
      changed[index] = byte
      await parseMultipart([changed], FORM_TYPE).catch((error: unknown) => {
        assert.ok(error instanceof GatewayError, String(error))
      })
    }),
    { numRuns: 1_000 },
  )
})

test('the form that Open WebUI sends for an edit is read', {
  skip: skipWithout(openwebuiDir),
}, async () => {
  const lines = readFileSync(resolve(openwebuiDir, 'requests.jsonl'), 'utf8').trim().split('\n')
  const edits = lines
    .map((line) => JSON.parse(line) as { path: string; headers: Record<string, string>; body: string })
    .filter(({ path }) => path === '/v1/images/edits')
  assert.notEqual(edits.length, 0)
  for (const { headers, body } of edits) {
    const { fields, files } = await parseMultipart(
      [Buffer.from(body, 'latin1')],
      headers['Content-Type'] ?? '',
    )
    assert.deepEqual(fields, { model: 'edit-model', prompt: 'make red', response_format: 'b64_json' })
    assert.equal(files[0]?.field, 'image')
    assert.equal(Buffer.from(files[0]?.bytes ?? []).toString('latin1', 1, 4), 'PNG')
  }
})

test('several pictures keep their order and their field names', async () => {
  const names = ['image[]', 'image[]', 'image[0]', 'image[12]', 'mask', 'image']
  const { files } = await parseMultipart([formBody(names.map((name) => ({ ...IMAGE, name })))], FORM_TYPE)
  assert.deepEqual(
    files.map(({ field }) => field),
    names,
  )
})

test('a picture without a file name is bytes, not text', async () => {
  const { files } = await parseMultipart([formBody([{ name: 'image', value: PICTURE }])], FORM_TYPE)
  assert.deepEqual(Buffer.from(files[0]?.bytes ?? []), PICTURE)
})

test('of a field that is given twice the last value counts', async () => {
  const parts = [
    { name: 'n', value: '1' },
    { name: 'n', value: '3' },
  ]
  const { fields } = await parseMultipart([formBody(parts)], FORM_TYPE)
  assert.deepEqual(fields, { n: '3' })
})

test('a field with the name of a prototype is a field', async () => {
  const { fields } = await parseMultipart([formBody([{ name: '__proto__', value: 'x' }])], FORM_TYPE)
  assert.deepEqual(Object.entries(fields), [['__proto__', 'x']])
})

test('a quoted boundary, a preamble and an epilogue are read', async () => {
  const body = [Buffer.from('preamble\r\n'), WHOLE, Buffer.from('epilogue'), Buffer.from('more')]
  assertWhole(await parseMultipart(body, `multipart/form-data; charset=utf-8; boundary="${BOUNDARY}"`))
})

test('a content-type without a usable boundary is refused', async () => {
  const types = [
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    `multipart/form-data; boundary=${'b'.repeat(300)}`,
    'multipart/form-data; xboundary=b',
  ]
  for (const type of types) {
    await assert.rejects(parseMultipart([WHOLE], type), isRefusal(null, /boundary/), type)
  }
})

test('a part that is no form data is left out', async () => {
  const odd = Buffer.from(`--${BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nno name\r\n`)
  assertWhole(await parseMultipart([odd, WHOLE], FORM_TYPE))
})

test('a part without a name is refused', async () => {
  const odd = Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n`)
  await assert.rejects(parseMultipart([odd, WHOLE], FORM_TYPE), isRefusal(null, /must have a name/))
})

test('an empty file is a file of no bytes', async () => {
  const { files } = await parseMultipart(
    [formBody([{ name: 'mask', value: '', fileName: 'a.png' }])],
    FORM_TYPE,
  )
  assert.deepEqual(
    files.map(({ field, bytes }) => [field, bytes.length]),
    [['mask', 0]],
  )
})

test('a file under another name is refused, and the name repeated only where it is a word', async () => {
  await refuses([IMAGE, { ...IMAGE, name: 'picture' }], 'picture', /got one as picture/)
  await refuses([IMAGE, { ...IMAGE, name: 'a b' }], null, /under another name/)
  await refuses([IMAGE, { ...IMAGE, name: 'prompt' }], 'prompt', /got one as prompt/)
})

test('17 files are read and 18 are refused', async () => {
  const { files } = await parseMultipart([formBody(Array.from({ length: 17 }, () => IMAGE))], FORM_TYPE)
  assert.equal(files.length, 17)
  await refuses(
    Array.from({ length: 18 }, () => IMAGE),
    'image',
    /image must be at most 16 pictures/,
  )
})

test('64 fields are read and 65 are refused', async () => {
  const fields = (length: number) => Array.from({ length }, (_, index) => ({ name: `f${index}`, value: '' }))
  const form = await parseMultipart([formBody(fields(64))], FORM_TYPE)
  assert.equal(Object.keys(form.fields).length, 64)
  await refuses(fields(65), null, /at most 64 fields/)
})

test('81 parts are read and 82 are refused, whatever they are', async () => {
  const odd = Buffer.from(`--${BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nno name\r\n`)
  const end = Buffer.from(`--${BOUNDARY}--\r\n`)
  await parseMultipart([...Array.from({ length: 81 }, () => odd), end], FORM_TYPE)
  await assert.rejects(
    parseMultipart([...Array.from({ length: 82 }, () => odd), end], FORM_TYPE),
    isRefusal(null, /at most 81 parts/),
  )
})

test('a field of 256 KiB is read and a longer one refused by its name', async () => {
  const value = 'x'.repeat(262_144)
  const { fields } = await parseMultipart([formBody([{ name: 'prompt', value }])], FORM_TYPE)
  assert.equal(fields['prompt']?.length, 262_144)
  await refuses([{ name: 'prompt', value: `${value}x` }], 'prompt', /prompt must be at most 262144 bytes/)
})

test('a header without end is refused', async () => {
  const head = Buffer.from(`--${BOUNDARY}\r\nX-Long: ${'x'.repeat(100_000)}`)
  await assert.rejects(parseMultipart([head], FORM_TYPE), isRefusal(null, /multipart without end/))
})

test('a picture of 20 MB in parts of 64 KiB is read whole', async () => {
  const value = Buffer.alloc(20_000_000, 'ab\r\n--')
  const body = formBody([{ ...IMAGE, value }])
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; at += 65_536) parts.push(body.subarray(at, at + 65_536))
  const { files } = await parseMultipart(parts, FORM_TYPE)
  assert.ok(value.equals(files[0]?.bytes ?? new Uint8Array()))
})
