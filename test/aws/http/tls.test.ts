import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { createSecureContext, type TLSSocket, type TlsOptions } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ConnectionPool } from '../../../src/aws/http/connection-pool.js'
import { ask, toHttpRequest } from './ask.js'
import { startRawServer } from './raw-server.js'

/** A certificate for `localhost` and 127.0.0.1 that signs itself, made for this test: `openssl req -x509 -days 36500`. */
const CERTIFICATE = fixturePath('localhost.pem')
const cert = readFileSync(CERTIFICATE)
const key = readFileSync(fixturePath('localhost-key.pem'))
const trusting = createSecureContext({ ca: cert })

function fixturePath(name: string): string {
  // Compiled to dist/test/aws/http.
  return fileURLToPath(new URL(`../../../../test/fixtures/tls/${name}`, import.meta.url))
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

async function startTlsServer(context: TestContext, more: TlsOptions = {}) {
  const options = { cert, key, ALPNProtocols: ['h2', 'http/1.1'], ...more }
  const server = await startRawServer((socket) => void socket.write(OK), options)
  context.after(() => server.close())
  return server
}

test('a request goes over TLS, with the name of the server and as HTTP/1.1', async (context) => {
  const server = await startTlsServer(context)
  const pool = new ConnectionPool(server.url, { tlsContext: trusting })
  for (let round = 0; round < 3; round += 1) {
    const asked = ask(pool)
    await asked.ended
    assert.deepEqual([asked.error, asked.body], [null, 'ok'])
  }
  const [socket] = server.sockets as readonly TLSSocket[]
  assert.equal(server.sockets.length, 1)
  assert.equal(socket?.alpnProtocol, 'http/1.1')
  assert.equal((socket as { servername?: string }).servername, 'localhost')
  pool.destroy()
})

test('a second connection resumes the session of the first', async (context) => {
  const server = await startTlsServer(context)
  const pool = new ConnectionPool(server.url, { tlsContext: trusting })
  await ask(pool).ended
  const open = [ask(pool), ask(pool)]
  await Promise.all(open.map(({ ended }) => ended))
  const reused = (server.sockets as readonly TLSSocket[]).map((socket) => socket.isSessionReused())
  assert.deepEqual(reused, [false, true])
  pool.destroy()
})

test('an address needs no name, and large bodies and replies pass', async (context) => {
  const server = await startTlsServer(context)
  const pool = new ConnectionPool(new URL(`https://127.0.0.1:${server.port}`), { tlsContext: trusting })
  const asked = ask(pool, toHttpRequest(Buffer.alloc(3 * 1024 * 1024)))
  await asked.ended
  assert.equal(asked.error, null)
  assert.equal((server.sockets[0] as { servername?: unknown }).servername, false)
  pool.destroy()
})

test('a server that nobody vouches for gets no request', async (context) => {
  let bytes = 0
  const server = await startTlsServer(context)
  const pool = new ConnectionPool(server.url)
  const asked = ask(pool, toHttpRequest('secret'))
  await asked.ended
  for (const socket of server.sockets) bytes += socket.bytesRead
  assert.deepEqual([asked.error?.code, bytes], ['DEPTH_ZERO_SELF_SIGNED_CERT', 0])
  pool.destroy()
})

test('a certificate for another name is refused', async (context) => {
  const server = await startTlsServer(context)
  const pool = new ConnectionPool(new URL(`https://127.0.0.2:${server.port}`), { tlsContext: trusting })
  const asked = ask(pool)
  await asked.ended
  assert.notEqual(asked.error, null)
  pool.destroy()
})

test('NODE_EXTRA_CA_CERTS is trusted, as everywhere in Node', async (context) => {
  const server = await startTlsServer(context)
  const poolModule = fileURLToPath(new URL('../../../src/aws/http/connection-pool.js', import.meta.url))
  const askModule = fileURLToPath(new URL('./ask.js', import.meta.url))
  const script = `
    const { ConnectionPool } = await import(${JSON.stringify(poolModule)})
    const { ask } = await import(${JSON.stringify(askModule)})
    const pool = new ConnectionPool(new URL(${JSON.stringify(server.url.href)}))
    const asked = ask(pool)
    await asked.ended
    console.log(asked.error?.code ?? asked.body)
    pool.destroy()`
  const run = async (environment: NodeJS.ProcessEnv): Promise<string> => {
    const options = { env: { ...process.env, ...environment } }
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', script],
      options,
    )
    return stdout.trim()
  }
  assert.equal(await run({ NODE_EXTRA_CA_CERTS: '' }), 'DEPTH_ZERO_SELF_SIGNED_CERT')
  assert.equal(await run({ NODE_EXTRA_CA_CERTS: CERTIFICATE }), 'ok')
})
