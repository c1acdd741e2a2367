import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toBaseUrl } from '../../src/http/base-url.js'

const PLAIN = { host: 'gateway:4000', forwardedHost: '', forwardedProto: '', listener: '127.0.0.1:4000' }

for (const [what, headers, url] of [
  ['a host', {}, 'http://gateway:4000'],
  ['a host without a port', { host: 'a.example.com' }, 'http://a.example.com'],
  ['an IPv6 host', { host: '[::1]:4000' }, 'http://[::1]:4000'],
  ['no host', { host: '' }, 'http://127.0.0.1:4000'],
  ['no host, on every interface', { host: '', listener: '0.0.0.0:4000' }, 'http://localhost:4000'],
  ['no host, on every IPv6 interface', { host: '', listener: '[::]:4000' }, 'http://localhost:4000'],
  ['a path in the host', { host: 'evil/x' }, 'http://127.0.0.1:4000'],
  ['a user in the host', { host: 'a@b' }, 'http://127.0.0.1:4000'],
  ['markup in the host', { host: '"><script>' }, 'http://127.0.0.1:4000'],
  ['a space in the host', { host: 'a b' }, 'http://127.0.0.1:4000'],
  ['a port that is none', { host: 'a:4000x' }, 'http://127.0.0.1:4000'],
  ['a proxy', { forwardedHost: 'chat.example.com', forwardedProto: 'https' }, 'https://chat.example.com'],
  ['a proxy that names no host', { forwardedProto: 'HTTPS' }, 'https://gateway:4000'],
  ['a list of proxies', { forwardedHost: 'a, b', forwardedProto: 'https, http' }, 'http://gateway:4000'],
  ['another scheme', { forwardedProto: 'javascript' }, 'http://gateway:4000'],
] as const) {
  test(`${what}: ${url}`, () => {
    assert.equal(toBaseUrl({ ...PLAIN, ...headers }), url)
  })
}

test('whatever the headers hold, the address is one origin and nothing else', () => {
  const text = fc.string({ unit: fc.constantFrom(...'aZ0.-_:/@[]?#%" ,\r\n\\é') })
  fc.assert(
    fc.property(text, text, text, (host, forwardedHost, forwardedProto) => {
      const url = toBaseUrl({ ...PLAIN, host, forwardedHost, forwardedProto })
      assert.match(url, /^https?:\/\/[A-Za-z0-9.\-_[\]:]+$/)
    }),
  )
})
