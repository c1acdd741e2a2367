import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DgramSocket } from 'node-unix-socket'
import { createNotifier } from '../../src/admin/notify.js'
import { makeFolder } from './backend.js'

const NOTIFY_URL = new URL('../../src/admin/notify.js', import.meta.url).href
const WAIT_MS = 10_000

interface Receiver {
  readonly received: string[]
  /** Resolves when that many messages are there. */
  readonly waitFor: (count: number) => Promise<readonly string[]>
}

/** What systemd is for a service: a datagram socket. */
function startReceiver(context: TestContext, address: string): Receiver {
  const received: string[] = []
  const socket = new DgramSocket()
  socket.bind(address)
  socket.on('data', (message: Buffer) => {
    received.push(message.toString())
    socket.emit('counted')
  })
  context.after(() => socket.close())
  return {
    received,
    async waitFor(count) {
      const signal = AbortSignal.timeout(WAIT_MS)
      while (received.length < count) await once(socket, 'counted', { signal })
      return received
    },
  }
}

function describeOpenFiles(): number {
  return readdirSync('/proc/self/fd').length
}

test('ready, status, reloading and stopping reach systemd in order', async (context) => {
  const address = join(makeFolder(context), 'notify')
  const { waitFor } = startReceiver(context, address)
  const notifier = createNotifier({ NOTIFY_SOCKET: address })
  notifier.ready('126 models')
  notifier.status('two\nlines\r\nREADY=0')
  const beforeUs = process.hrtime.bigint() / 1000n
  notifier.reloading()
  notifier.ready()
  notifier.stopping('3 streams finish')
  const received = await waitFor(5)
  assert.equal(received[0], 'READY=1\nSTATUS=126 models')
  assert.equal(received[1], 'STATUS=two lines READY=0')
  const [, timeUs] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(received[2] ?? '') ?? []
  assert(BigInt(timeUs ?? 0) >= beforeUs, received[2])
  assert.equal(received[3], 'READY=1')
  assert.equal(received[4], 'STOPPING=1\nSTATUS=3 streams finish')
})

test('the watchdog ticks from ready on until close, and not for another process', async (context) => {
  const address = join(makeFolder(context), 'notify')
  const { received, waitFor } = startReceiver(context, address)
  const watchdog = { NOTIFY_SOCKET: address, WATCHDOG_USEC: '100000' }
  const other = createNotifier({ ...watchdog, WATCHDOG_PID: String(process.pid + 1) })
  other.ready()
  await waitFor(1)
  const notifier = createNotifier({ ...watchdog, WATCHDOG_PID: String(process.pid) })
  notifier.status('starting')
  await waitFor(2)
  notifier.ready()
  notifier.ready()
  await waitFor(8)
  notifier.close()
  assert.deepEqual(received.slice(0, 4), ['READY=1', 'STATUS=starting', 'READY=1', 'WATCHDOG=1'])
  assert.equal(received.filter((message) => message === 'READY=1').length, 3)
  assert(received.slice(5).every((message) => message === 'WATCHDOG=1'))
})

test('a stuck event loop sends no ticks', async (context) => {
  const address = join(makeFolder(context), 'notify')
  const { received, waitFor } = startReceiver(context, address)
  const script = `
    import { writeSync } from 'node:fs'
    const { createNotifier } = await import(${JSON.stringify(NOTIFY_URL)})
    createNotifier(process.env).ready()
    process.stdin.once('data', () => { writeSync(1, 'stuck'); for (;;); })`
  const env = { ...process.env, NOTIFY_SOCKET: address, WATCHDOG_USEC: '20000', WATCHDOG_PID: '' }
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env })
  context.after(() => child.kill('SIGKILL'))
  await waitFor(5)
  child.stdin.write('now')
  await once(child.stdout, 'data', { signal: AbortSignal.timeout(WAIT_MS) })
  // What was sent before is still on its way to this process; after that, nothing may come.
  await new Promise((resolve) => setTimeout(resolve, 300))
  const sentUntilStuck = received.length
  await new Promise((resolve) => setTimeout(resolve, 1000))
  assert.equal(received.length, sentUntilStuck)
  assert.equal(child.exitCode, null)
})

test('without systemd nothing happens', () => {
  for (const environment of [{}, { NOTIFY_SOCKET: '' }, { NOTIFY_SOCKET: '', WATCHDOG_USEC: '1000' }]) {
    const notifier = createNotifier(environment, { onError: (error) => assert.fail(error) })
    notifier.ready('x')
    notifier.reloading()
    notifier.stopping()
    notifier.close()
  }
})

test('a receiver that is gone, or an address that cannot be, is reported and never thrown', async (context) => {
  const folder = makeFolder(context)
  for (const address of [join(folder, 'none'), `/tmp/${'x'.repeat(200)}`, 'vsock:2:1234']) {
    const error = await new Promise<Error>((resolve) => {
      createNotifier({ NOTIFY_SOCKET: address }, { onError: resolve }).ready()
    })
    assert(error instanceof Error, address)
  }
})

test('WATCHDOG_USEC that is no number starts no ticks', async (context) => {
  const address = join(makeFolder(context), 'notify')
  const { received, waitFor } = startReceiver(context, address)
  for (const period of ['', '0', '-5', 'soon'])
    createNotifier({ NOTIFY_SOCKET: address, WATCHDOG_USEC: period }).ready()
  await waitFor(4)
  assert.deepEqual(received, ['READY=1', 'READY=1', 'READY=1', 'READY=1'])
})

test('a thousand messages leave no descriptors open', async (context) => {
  const address = join(makeFolder(context), 'notify')
  const { received, waitFor } = startReceiver(context, address)
  const notifier = createNotifier({ NOTIFY_SOCKET: address })
  notifier.ready()
  await waitFor(1)
  const before = describeOpenFiles()
  for (let count = 2; count <= 1000; count += 1) {
    notifier.status(`message ${count}`)
    await waitFor(count)
  }
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(received.length, 1000)
  assert(describeOpenFiles() <= before + 2, `${describeOpenFiles()} descriptors, ${before} before`)
})

test('the notifier does not keep the process alive', async (context) => {
  const address = join(makeFolder(context), 'notify')
  const { waitFor } = startReceiver(context, address)
  const script = `
    const { createNotifier } = await import(${JSON.stringify(NOTIFY_URL)})
    createNotifier(process.env).ready()`
  const env = { ...process.env, NOTIFY_SOCKET: address, WATCHDOG_USEC: '60000000', WATCHDOG_PID: '' }
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env, stdio: 'ignore' })
  context.after(() => child.kill('SIGKILL'))
  const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(WAIT_MS) })
  assert.equal(code, 0)
  assert.deepEqual(await waitFor(2), ['READY=1', 'WATCHDOG=1'])
})

test('an abstract address is left to systemd-notify', async (context) => {
  const folder = makeFolder(context)
  const address = join(folder, 'notify')
  const { waitFor } = startReceiver(context, address)
  // Stands in for the tool: says what it was told.
  const script = `#!${process.execPath}
    const { DgramSocket } = require(${JSON.stringify(createRequire(import.meta.url).resolve('node-unix-socket'))})
    const message = Buffer.from([process.env.NOTIFY_SOCKET, ...process.argv.slice(2)].join('|'))
    const socket = new DgramSocket()
    socket.sendTo(message, 0, message.length, ${JSON.stringify(address)}, () => socket.close())`
  writeFileSync(join(folder, 'systemd-notify'), script, { mode: 0o755 })
  const { PATH: path } = process.env
  Object.assign(process.env, { PATH: `${folder}:${path}` })
  context.after(() => Object.assign(process.env, { PATH: path }))
  createNotifier({ NOTIFY_SOCKET: '@abstract' }, { onError: (error) => assert.fail(error) }).ready('here')
  assert.deepEqual(await waitFor(1), ['@abstract|READY=1|STATUS=here'])
})
