import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toRegionAccess } from '../../src/aws/plain-access.js'
import { createEndpoints, type RequestOutline } from '../../src/aws/request-heads.js'
import { createSigner, sha256Hex, toAmzDate } from '../../src/aws/sigv4.js'

const NOW_MS = Date.UTC(2026, 0, 15, 12)
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: null }

function endpointOf({
  endpoint = 'https://bedrock.example',
  credentials = CREDENTIALS as Parameters<typeof createSigner>[0],
  bearer = null as string | null,
} = {}) {
  const auth =
    bearer === null
      ? ({ type: 'sigv4', credentials } as const)
      : ({ type: 'bearer', header: bearer } as const)
  const access = toRegionAccess({ service: 'runtime', region: 'us-east-1', endpoint, auth })
  return createEndpoints({ now: () => NOW_MS }).of(access)
}

const outline = (more: Partial<RequestOutline> = {}): RequestOutline => ({
  path: '/model/m/converse',
  headers: {},
  body: '{}',
  bodyBytes: 2,
  payloadHash: null,
  ...more,
})

test('a head is a request line, headers and an empty line, the same the second time', () => {
  const endpoint = endpointOf({ bearer: 'Bearer token' })
  const expected =
    'POST /model/m/converse HTTP/1.1\r\nhost: bedrock.example\r\ncontent-type: application/json\r\nauthorization: Bearer token\r\ncontent-length: 2\r\n\r\n'
  for (let round = 0; round < 2; round += 1) assert.equal(endpoint.headFor(outline()), expected)
})

test("headers of one request are not the next one's", () => {
  const endpoint = endpointOf()
  const plain = endpoint.headFor(outline())
  assert.match(endpoint.headFor(outline({ headers: { 'x-more': '1' } })), /\r\nx-more: 1\r\n/)
  assert.equal(endpoint.headFor(outline()), plain)
})

test('many paths are all right, also when more come than are remembered', () => {
  const endpoint = endpointOf()
  const paths = Array.from({ length: 2_500 }, (_, index) => `/model/${index}/converse`)
  for (const path of [...paths, ...paths]) {
    assert.ok(endpoint.headFor(outline({ path })).startsWith(`POST ${path} HTTP/1.1\r\n`))
  }
})

for (const [name, make] of [
  ['of a request', () => endpointOf().headFor(outline({ headers: { 'x-more': 'a\r\nx-evil: 1' } }))],
  ['name', () => endpointOf().headFor(outline({ headers: { 'x-more\r\nx-evil': 'a' } }))],
  ['outside of ASCII', () => endpointOf().headFor(outline({ headers: { 'x-more': '\u0101' } }))],
  ['path', () => endpointOf().headFor(outline({ path: '/model/a b\r\n/converse' }))],
  ['of a bearer token', () => endpointOf({ bearer: 'Bearer a\nb' }).headFor(outline())],
  [
    'of a session token',
    () => endpointOf({ credentials: { ...CREDENTIALS, sessionToken: 'a\r\nb' } }).headFor(outline()),
  ],
  [
    'of an access key',
    () => endpointOf({ credentials: { ...CREDENTIALS, accessKeyId: 'a\r\nb' } }).headFor(outline()),
  ],
] as const) {
  test(`a line end in a header ${name} is refused and not repeated`, () => {
    assert.throws(make, (error) => error instanceof TypeError && !/evil|a b|\u0101/.test(error.message))
  })
}

test('a prepared signature is the one of the whole request, on every day', () => {
  const signer = createSigner(CREDENTIALS, { region: 'us-east-1', service: 'bedrock' })
  const name = fc.stringMatching(/^[a-zA-Z-]{1,12}$/).filter((text) => text.toLowerCase() !== 'x-amz-date')
  const headers = fc.array(fc.tuple(name, fc.stringMatching(/^[ -~]{0,20}$/)), { maxLength: 6 })
  const segment = fc.stringMatching(/^[A-Za-z0-9%:._~!()-]{1,10}$/)
  const request = fc.record({ headers, path: fc.array(segment, { minLength: 1, maxLength: 4 }) })
  const day = fc.integer({ min: 0, max: 4_000 }).map((days) => toAmzDate(NOW_MS + days * 86_400_000))
  fc.assert(
    fc.property(request, day, fc.string(), (outlined, amzDate, body) => {
      const same = { method: 'POST', path: `/${outlined.path.join('/')}`, query: '' }
      const payloadHash = sha256Hex(body)
      const all = [...outlined.headers, ['x-amz-date', amzDate]] as [string, string][]
      assert.equal(
        signer.prepare({ ...same, headers: outlined.headers })(amzDate, payloadHash),
        signer.sign({ ...same, headers: all, payloadHash }, amzDate),
      )
    }),
  )
})
