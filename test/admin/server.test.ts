import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { type AdminRequest, askDaemon } from '../../src/admin/client.js'
import { createAdminServer } from '../../src/admin/server.js'
import { createScriptedBackend, makeFolder, startDaemon } from './backend.js'

const WAIT_MS = 10_000

async function ask(socketPath: string, method: string, path: string, body?: unknown) {
  const request = { method, path, body, timeoutMs: WAIT_MS } as AdminRequest
  const reply = await askDaemon(socketPath, request)
  assert.equal(reply.type, 'reply', JSON.stringify(reply))
  assert(reply.type === 'reply')
  return { status: reply.status, body: JSON.parse(reply.text) }
}

/** Bytes in, everything that comes back until the end. */
async function sendRaw(socketPath: string, bytes: string): Promise<string> {
  const socket = createConnection(socketPath)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  socket.setTimeout(WAIT_MS, () => socket.destroy())
  socket.write(bytes)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

function createServerAt(socketPath: string) {
  return createAdminServer({ socketPath, backend: createScriptedBackend(), version: '1' })
}

/** A socket file as a killed daemon leaves it: bound once, nobody listens. */
async function leaveStaleSocket(socketPath: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', script], { stdio: 'ignore' }), 'exit')
  assert(lstatSync(socketPath).isSocket())
}

test('every GET route answers with JSON', async (context) => {
  const { socketPath } = await startDaemon(context)
  assert.equal((await ask(socketPath, 'GET', '/status')).body.name, 'bedrockd')
  assert.equal((await ask(socketPath, 'GET', '/models')).body.models.length, 3)
  assert.equal((await ask(socketPath, 'GET', '/streams')).body.streams[0].id, 'stream-1')
  const { body } = await ask(socketPath, 'GET', '/version')
  assert.deepEqual(body, { name: 'bedrockd', version: '9.8.7', node: process.version, pid: process.pid })
})

test('GET /models takes one kind and refuses an unknown one', async (context) => {
  const { socketPath } = await startDaemon(context)
  const { body } = await ask(socketPath, 'GET', '/models?kind=image')
  assert.deepEqual(
    body.models.map((model: { id: string }) => model.id),
    ['amazon.titan-image'],
  )
  const refused = await ask(socketPath, 'GET', '/models?kind=video')
  assert.equal(refused.status, 400)
  assert.equal(refused.body.error.param, 'kind')
})

test('POST /refresh waits for the outcome and POST /drain counts the open streams', async (context) => {
  const { backend, socketPath } = await startDaemon(context)
  const refresh = await ask(socketPath, 'POST', '/refresh')
  assert.equal(refresh.body.generation, 8)
  const drain = await ask(socketPath, 'POST', '/drain')
  assert.deepEqual(drain.body, { draining: true, openStreams: 1 })
  assert.deepEqual(backend.calls, ['refresh', 'drain'])
})

test('a refresh that rejects becomes a 500 with its message', async (context) => {
  const { backend, socketPath } = await startDaemon(context)
  backend.report = () => Promise.reject(new Error('the worker died'))
  const { status, body } = await ask(socketPath, 'POST', '/refresh')
  assert.equal(status, 500)
  assert.deepEqual(body.error, {
    message: 'the worker died',
    type: 'server_error',
    param: null,
    code: 'internal',
  })
})

test('PUT and POST /log-level set the level, GET shows it, an unknown one is refused', async (context) => {
  const { backend, socketPath } = await startDaemon(context)
  assert.equal((await ask(socketPath, 'PUT', '/log-level', { level: 'debug' })).body.logLevel, 'debug')
  assert.equal(backend.level, 'debug')
  await ask(socketPath, 'POST', '/log-level', { level: 'warn' })
  assert.equal((await ask(socketPath, 'GET', '/log-level')).body.logLevel, 'warn')
  const refused = await ask(socketPath, 'PUT', '/log-level', { level: 'loud' })
  assert.equal(refused.status, 400)
  assert.match(refused.body.error.message, /one of trace, .*got "loud"/)
  assert.equal(backend.level, 'warn')
})

test('bodies that are no level are refused with a 400 that shows one', async (context) => {
  const { socketPath } = await startDaemon(context)
  for (const body of [[], 7, null, {}, { level: 7 }, { level: null }, 'debug']) {
    const { status, body: answer } = await ask(socketPath, 'PUT', '/log-level', body)
    assert.equal(status, 400, JSON.stringify(body))
    assert.match(answer.error.message, /\{"level":"debug"\}/)
  }
})

test('an unknown path is a 404 and a wrong method a 405 with Allow', async (context) => {
  const { socketPath } = await startDaemon(context)
  const missing = await ask(socketPath, 'GET', '/nothing')
  assert.equal(missing.status, 404)
  assert.equal(missing.body.error.code, 'not_found')
  assert.equal((await ask(socketPath, 'GET', '/constructor')).status, 404)
  const text = await sendRaw(socketPath, 'DELETE /log-level HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  assert.match(text, /^HTTP\/1.1 405 /)
  assert.match(text, /\r\nallow: GET, PUT, POST\r\n/i)
})

test('a body over 64 KiB is a 413', async (context) => {
  const { socketPath } = await startDaemon(context)
  const { status, body } = await ask(socketPath, 'PUT', '/log-level', { level: 'x'.repeat(70_000) })
  assert.equal(status, 413)
  assert.equal(body.error.code, 'body_too_large')
})

test('broken HTTP gets a JSON 400, half a body no answer, and the next request works', async (context) => {
  const { socketPath } = await startDaemon(context)
  assert.match(await sendRaw(socketPath, 'nonsense\r\n\r\n'), /^HTTP\/1.1 400 .*"error":\{"message"/s)
  assert.match(
    await sendRaw(socketPath, `GET / HTTP/1.1\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`),
    /^HTTP\/1.1 431 /,
  )
  const half = createConnection(socketPath)
  half.write('PUT /log-level HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"lev')
  await once(half, 'connect')
  half.destroy()
  assert.equal((await ask(socketPath, 'GET', '/status')).status, 200)
})

test('the socket has mode 0660, and no other file stays in the folder', async (context) => {
  const folder = join(makeFolder(context), 'made', 'here')
  const socketPath = join(folder, 'admin.sock')
  const before = process.umask(0)
  const server = createServerAt(socketPath)
  try {
    await server.listen()
    assert.equal(process.umask(), 0, 'the umask is as it was')
  } finally {
    process.umask(before)
  }
  context.after(() => server.close())
  assert.equal(lstatSync(socketPath).mode & 0o777, 0o660)
  assert.deepEqual(readdirSync(folder), ['admin.sock'])
})

test('the group is set where we may, and an unknown or forbidden one is no obstacle', async (context) => {
  const folder = makeFolder(context)
  const mayChange = process.getuid?.() === 0
  for (const [group, groupId] of [
    ['daemon', mayChange ? 1 : process.getgid?.()],
    ['no-such-group', process.getgid?.()],
  ] as const) {
    const socketPath = join(folder, `${group}.sock`)
    const options = { socketPath, backend: createScriptedBackend(), version: '1', group }
    const server = createAdminServer(options)
    await server.listen()
    context.after(() => server.close())
    assert.equal(statSync(socketPath).gid, groupId)
  }
})

test('close removes the socket file and ends the server', async (context) => {
  const { server, socketPath } = await startDaemon(context)
  await server.close()
  assert.equal(existsSync(socketPath), false)
  await server.close()
})

test('close leaves a file alone that another daemon has put there since', async (context) => {
  const { server, socketPath } = await startDaemon(context)
  renameSync(socketPath, `${socketPath}.moved`)
  const other = createServerAt(socketPath)
  await other.listen()
  context.after(() => other.close())
  await server.close()
  assert.equal((await ask(socketPath, 'GET', '/status')).status, 200)
})

test('a second daemon is refused and the first goes on', async (context) => {
  const { socketPath } = await startDaemon(context)
  await assert.rejects(createServerAt(socketPath).listen(), /in use: another bedrockd answers there/)
  assert.equal((await ask(socketPath, 'GET', '/status')).status, 200)
  assert.deepEqual(readdirSync(join(socketPath, '..')), ['admin.sock'])
})

test('of ten daemons that start at once on a stale socket one listens', async (context) => {
  const socketPath = join(makeFolder(context), 'admin.sock')
  await leaveStaleSocket(socketPath)
  const servers = Array.from({ length: 10 }, () => createServerAt(socketPath))
  const outcomes = await Promise.allSettled(servers.map((server) => server.listen()))
  context.after(() => Promise.all(servers.map((server) => server.close())))
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.equal((await ask(socketPath, 'GET', '/status')).status, 200)
  assert.deepEqual(readdirSync(join(socketPath, '..')), ['admin.sock'])
})

test('the socket that a killed daemon left is replaced', async (context) => {
  const socketPath = join(makeFolder(context), 'admin.sock')
  await leaveStaleSocket(socketPath)
  const server = createServerAt(socketPath)
  await server.listen()
  context.after(() => server.close())
  assert.equal((await ask(socketPath, 'GET', '/status')).status, 200)
})

test('a file or folder that is no socket is refused and stays', async (context) => {
  const folder = makeFolder(context)
  writeFileSync(join(folder, 'file'), 'precious')
  mkdirSync(join(folder, 'folder'))
  for (const name of ['file', 'folder']) {
    await assert.rejects(createServerAt(join(folder, name)).listen(), /not a socket/)
  }
  assert.deepEqual(readdirSync(folder).sort(), ['file', 'folder'])
})

test('a path of 107 bytes works and one of 108 is refused with both numbers', async (context) => {
  const folder = makeFolder(context)
  const longest = join(folder, 's'.repeat(107 - Buffer.byteLength(folder) - 1))
  const server = createServerAt(longest)
  await server.listen()
  assert.equal((await ask(longest, 'GET', '/status')).status, 200)
  await server.close()
  await assert.rejects(createServerAt(`${longest}s`).listen(), /at most 107 bytes, got 108/)
})
