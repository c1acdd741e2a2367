import assert from 'node:assert/strict'
import type { LookupAddress, LookupAllOptions } from 'node:dns'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { MediaPolicy } from '../../src/aws/chat-body-task.js'
import { GatewayError } from '../../src/errors.js'
import { createUrlFetcher, type FetchedFile, type FetchRules } from '../../workers/fetch-url.js'
import { createSelfSigned } from './self-signed.js'

const PARAM = 'messages[0].content[1].image_url.url'
const POLICY: MediaPolicy = { fetchUrls: true, fetchMs: 5_000, fetchBytesMax: 100_000 }
const SECRET = 'words of the server that nobody may read'

const { cert, key } = createSelfSigned()
const file = Buffer.from('the file')
let server: Server
let port = 0
let hits: string[] = []
let open = 0
let openMost = 0

type Page = (reply: ServerResponse, request: IncomingMessage) => void

const redirect =
  (location: () => string, status = 302): Page =>
  (reply) => {
    reply.writeHead(status, { location: location() }).end(SECRET)
  }

const PAGES: Readonly<Record<string, Page>> = {
  '/file.pdf': (reply) => reply.writeHead(200, { 'content-type': 'Application/PDF; charset=x' }).end(file),
  '/a%20b.txt': (reply) => reply.end(file),
  '/missing': (reply) => reply.writeHead(404).end(SECRET),
  '/gzip': (reply) => reply.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(file)),
  '/announced': (reply) => reply.writeHead(200, { 'content-length': 100_001 }).write('x'),
  '/endless': (reply) => {
    const more = (): void => {
      while (!reply.destroyed && reply.write(Buffer.alloc(16_384)));
    }
    reply.on('drain', more)
    more()
  },
  '/slow-body': (reply) => {
    reply.writeHead(200).write('x')
  },
  '/never': () => {},
  '/cut': (reply) => {
    reply.writeHead(200, { 'content-length': 1000 }).write('x')
    setTimeout(() => reply.destroy(), 20)
  },
  '/once': redirect(() => '/file.pdf'),
  '/permanent': redirect(() => `https://files.test:${port}/file.pdf`, 308),
  '/loop': redirect(() => '/loop'),
  '/to-http': redirect(() => `http://files.test:${port}/file.pdf`),
  '/to-metadata': redirect(() => 'https://169.254.169.254/latest/meta-data/'),
  '/to-loopback': redirect(() => `https://127.0.0.2:${port}/file.pdf`),
  '/to-mapped': redirect(() => `https://[::ffff:7f00:1]:${port}/file.pdf`),
  '/to-inside': redirect(() => `https://inside.test:${port}/file.pdf`),
  '/to-password': redirect(() => `https://a:b@files.test:${port}/file.pdf`),
  '/nowhere': redirect(() => 'https://'),
}

before(async () => {
  server = createServer({ cert, key }, (request, reply) => {
    hits.push(request.url ?? '')
    open += 1
    openMost = Math.max(openMost, open)
    reply.on('close', () => {
      open -= 1
    })
    const page = PAGES[request.url ?? '']
    if (page !== undefined) page(reply, request)
    else setTimeout(() => reply.end(request.url), 30)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})

after(() => {
  server.closeAllConnections()
  server.close()
})

beforeEach(() => {
  hits = []
  openMost = 0
})

type Lookup = FetchRules['lookup']

/** A DNS of its own: a host's answers in turn, the last one again and again. */
function dnsOf(answers: Readonly<Record<string, readonly (readonly string[])[]>>): Lookup {
  const asked = new Map<string, number>()
  const lookup = (
    host: string,
    _options: LookupAllOptions,
    callback: (error: Error | null, addresses: LookupAddress[]) => void,
  ): void => {
    const turns = answers[host] ?? []
    const turn = asked.get(host) ?? 0
    asked.set(host, turn + 1)
    const addresses = turns[Math.min(turn, turns.length - 1)]
    if (addresses === undefined) {
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }), [])
      return
    }
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  return lookup as Lookup
}

/** The local server counts as public when it is reached by name. */
function localRules(): Partial<FetchRules> {
  return {
    lookup: dnsOf({ 'files.test': [['127.0.0.1']], 'inside.test': [['10.1.2.3']] }),
    isAllowed: (address) => address === '127.0.0.1',
    ports: [port, 443],
    tls: { ca: cert },
  }
}

async function fetchOnce(
  path: string,
  rules: Partial<FetchRules> = localRules(),
  policy: MediaPolicy = POLICY,
): Promise<FetchedFile> {
  const fetcher = createUrlFetcher(policy, rules)
  try {
    return await fetcher.fetch(path.startsWith('/') ? `https://files.test:${port}${path}` : path, PARAM)
  } finally {
    await fetcher.close()
  }
}

async function assertRefused(fetching: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(fetching, (error) => {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.code, 'invalid_request')
    assert.equal(error.param, PARAM)
    assert.ok(error.message.startsWith(`${PARAM}: `), error.message)
    assert.match(error.message, message)
    assert.ok(!error.message.includes(SECRET))
    return true
  })
}

test('a file comes with its bytes, its label and its name', async () => {
  const { bytes, mediaType, fileName } = await fetchOnce('/file.pdf')
  assert.deepEqual(Buffer.from(bytes), file)
  assert.equal(mediaType, 'application/pdf')
  assert.equal(fileName, 'file.pdf')
})

test('a name in the address is decoded, and a missing label is no label', async () => {
  const { mediaType, fileName } = await fetchOnce('/a%20b.txt')
  assert.equal(mediaType, null)
  assert.equal(fileName, 'a b.txt')
})

test('redirects are followed, also to another form of the address', async () => {
  assert.deepEqual(Buffer.from((await fetchOnce('/once')).bytes), file)
  assert.deepEqual(Buffer.from((await fetchOnce('/permanent')).bytes), file)
})

for (const [path, message] of [
  ['/missing', /answered 404 instead of 200/],
  ['/gzip', /compressed only/],
  ['/announced', /larger than the 100000 bytes .*BEDROCKD_FETCH_BYTES_MAX/],
  ['/endless', /larger than the 100000 bytes/],
  ['/cut', /closed the connection/],
  ['/loop', /more than 3 times/],
  ['/to-http', /redirects to one that must start with https/],
  ['/to-metadata', /no public IP address/],
  ['/to-loopback', /no public IP address/],
  ['/to-mapped', /no public IP address/],
  ['/to-inside', /no public IP address/],
  ['/to-password', /user name or a password/],
  ['/nowhere', /not a valid URL/],
] as const) {
  test(`${path} is refused: ${message.source}`, async () => {
    await assertRefused(fetchOnce(path), message)
  })
}

for (const url of [
  'https://localhost/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0177.0.0.1/',
  'https://127.1/',
  'https://0/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://169.254.169.254/latest/meta-data/',
  'https://[fd00:ec2::254]/',
  'https://10.0.0.1/',
  'https://[64:ff9b::10.0.0.1]/',
  'https://[fe80::1]/',
  'https://１２７.０.０.１/',
]) {
  test(`${url} is refused by the default rules`, async () => {
    await assertRefused(fetchOnce(url, {}), /no public IP address/)
  })
}

for (const [url, message] of [
  ['http://example.com/a.png', /must start with https/],
  ['https://example.com:8443/a.png', /must use port 443, not 8443/],
  ['https://example.com:80/a.png', /must use port 443, not 80/],
  ['https://user:word@example.com/a.png', /user name or a password/],
  ['https://user@example.com/a.png', /user name or a password/],
  ['https://exa mple.com/', /not a valid URL/],
] as const) {
  test(`${url} is refused before DNS is asked`, async () => {
    const lookup = (() => assert.fail('DNS was asked')) as unknown as Lookup
    await assertRefused(fetchOnce(url, { lookup }), message)
  })
}

test('a name that leads inside is refused by the default rules, and no connection is made', async () => {
  const { isAllowed: _, ...rules } = localRules()
  await assertRefused(fetchOnce('/file.pdf', rules), /no public IP address/)
  assert.deepEqual(hits, [])
})

test('one private address among public ones refuses the name', async () => {
  const lookup = dnsOf({ 'files.test': [['127.0.0.1', '10.0.0.1']] })
  await assertRefused(fetchOnce('/file.pdf', { ...localRules(), lookup }), /no public IP address/)
  assert.deepEqual(hits, [])
})

test('a name that leads inside the second time it is asked does not get there', async () => {
  const lookup = dnsOf({ 'files.test': [['127.0.0.1'], ['10.0.0.1']] })
  const fetcher = createUrlFetcher(POLICY, { ...localRules(), lookup })
  try {
    // The cut connection is not used again: the next request asks DNS anew.
    await assertRefused(fetcher.fetch(`https://files.test:${port}/cut`, PARAM), /closed the connection/)
    await assertRefused(fetcher.fetch(`https://files.test:${port}/file.pdf`, PARAM), /no public IP address/)
  } finally {
    await fetcher.close()
  }
  assert.deepEqual(hits, ['/cut'])
})

test('a name without an address is refused in the words of a private one: names inside are not told', async () => {
  await assertRefused(fetchOnce(`https://other.test:${port}/`), /no public IP address/)
})

test('a certificate that nobody vouches for is refused', async () => {
  await assertRefused(
    fetchOnce('/file.pdf', { ...localRules(), tls: {} }),
    /certificate that nobody vouches for/,
  )
  assert.deepEqual(hits, [])
})

for (const path of ['/never', '/slow-body']) {
  test(`${path} ends with the time`, async () => {
    await assertRefused(
      fetchOnce(path, localRules(), { ...POLICY, fetchMs: 200 }),
      /did not give the file within 0.2 s/,
    )
  })
}

test('a DNS that never answers ends with the time', async () => {
  const lookup = (() => {}) as unknown as Lookup
  await assertRefused(
    fetchOnce('/file.pdf', { ...localRules(), lookup }, { ...POLICY, fetchMs: 200 }),
    /within 0.2 s/,
  )
})

test('addresses are refused by the name of the setting where it says so', async () => {
  await assertRefused(
    fetchOnce('/file.pdf', localRules(), { ...POLICY, fetchUrls: false }),
    /BEDROCKD_FETCH_URLS/,
  )
  assert.deepEqual(hits, [])
})

test('the same address is fetched once', async () => {
  const fetcher = createUrlFetcher(POLICY, localRules())
  const url = `https://files.test:${port}/file.pdf`
  const files = await Promise.all([fetcher.fetch(url, PARAM), fetcher.fetch(url, PARAM)])
  files.push(await fetcher.fetch(url, PARAM))
  await fetcher.close()
  assert.equal(hits.length, 1)
  for (const { bytes } of files) assert.deepEqual(Buffer.from(bytes), file)
})

test('at most four are fetched at a time', async () => {
  const fetcher = createUrlFetcher(POLICY, localRules())
  const paths = Array.from({ length: 12 }, (_, index) => `/wait-${index}`)
  const files = await Promise.all(
    paths.map((path) => fetcher.fetch(`https://files.test:${port}${path}`, PARAM)),
  )
  await fetcher.close()
  assert.deepEqual(
    files.map(({ bytes }) => Buffer.from(bytes).toString()),
    paths,
  )
  assert.equal(openMost, 4)
})

test('the fetches of one request end together, however patient each of them is', async () => {
  const fetcher = createUrlFetcher({ ...POLICY, fetchMs: 50 }, localRules())
  const paths = Array.from({ length: 60 }, (_, index) => `/wait-${index}`)
  const settled = await Promise.allSettled(
    paths.map((path) => fetcher.fetch(`https://files.test:${port}${path}`, PARAM)),
  )
  await fetcher.close()
  const last = settled.at(-1)
  assert.equal(last?.status, 'rejected')
  assert.match(String((last as PromiseRejectedResult).reason), /too long together/)
})

test('more than a hundred addresses in a request are refused', async () => {
  const fetcher = createUrlFetcher(POLICY, localRules())
  const fetch = (index: number): Promise<FetchedFile> =>
    fetcher.fetch(`https://other.test:${port}/${index}`, PARAM)
  const settled = await Promise.allSettled(Array.from({ length: 101 }, (_, index) => fetch(index)))
  await fetcher.close()
  const last = settled.at(-1)
  assert.equal(last?.status, 'rejected')
  assert.match(String((last as PromiseRejectedResult).reason), /at most 100 addresses/)
})
