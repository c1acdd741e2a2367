import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { RefreshReport } from '../../src/admin/types.js'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { afterwards } from './afterwards.js'
import { assertComplete, eventually, postChat, readStream } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const SHARED = { BEDROCKD_REUSE_PORT: 'true' }

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

interface Instance {
  readonly emulator: Emulator
  readonly stateDir: string
  readonly port: number
}

function startInstance(
  t: TestContext,
  { emulator, stateDir, port }: Instance,
  options: { readonly name: string; readonly environment?: Readonly<Record<string, string>> },
): Promise<Daemon> {
  const started = startDaemon({
    emulator,
    stateDir,
    environment: {
      BEDROCKD_LISTEN: `127.0.0.1:${port}`,
      BEDROCKD_ADMIN_SOCKET: join(stateDir, `${options.name}.sock`),
      ...options.environment,
    },
  })
  afterwards(t, () => started.then((daemon) => daemon.kill()).catch(() => {}))
  return started
}

async function prepare(t: TestContext): Promise<Instance> {
  const emulator = await startEmulator()
  afterwards(t, () => emulator.close())
  const stateDir = mkdtempSync(join(tmpdir(), 'bedrockd-test-'))
  afterwards(t, () => rmSync(stateDir, { recursive: true, force: true }))
  return { emulator, stateDir, port: await freePort() }
}

test('two daemons that both say BEDROCKD_REUSE_PORT share a port and a state folder', async (t) => {
  const instance = await prepare(t)
  const first = await startInstance(t, instance, { name: 'one', environment: SHARED })
  const second = await startInstance(t, instance, { name: 'two', environment: SHARED })
  const answers = (daemon: Daemon) =>
    daemon.lines.filter((line) => line['path'] === '/v1/chat/completions').length
  // Each connection goes to one of the two, as the kernel's hash of it says.
  for (let round = 0; round < 40 || answers(first) === 0 || answers(second) === 0; round += 1) {
    assert.ok(round < 400, 'one of the two is never asked')
    const reply = await postChat(first.url, { stream: true }, { headers: { connection: 'close' } })
    assertComplete(await readStream(reply), { usage: false })
  }
  t.diagnostic(`${answers(first)} and ${answers(second)} requests`)
  const refreshes = await Promise.all([first.admin('/refresh', 'POST'), second.admin('/refresh', 'POST')])
  const outcomes = (refreshes as RefreshReport[]).flatMap(({ regions }) => regions)
  assert.deepEqual(
    outcomes.map(({ reason }) => reason),
    [null, null],
  )
  // The second one joins the refresh of the first, or comes when it is over.
  assert.match(outcomes.map(({ outcome }) => outcome).join(), /^(unchanged|adopted),(unchanged|adopted)$/)
  assert.ok(outcomes.some(({ outcome }) => outcome === 'unchanged'))
  assert.equal(await first.stop(), 0)
  const reply = await eventually(
    () => postChat(second.url, { stream: true }).catch(() => null),
    'a reply of the other',
  )
  assertComplete(await readStream(reply), { usage: false })
})

test('a restart of one of two under load answers no request with an error', async (t) => {
  const instance = await prepare(t)
  const start = (name: string): Promise<Daemon> => startInstance(t, instance, { name, environment: SHARED })
  const [first, second] = [await start('one'), await start('two')]
  let isOver = false
  const statuses = new Map<number, number>()
  async function lane(): Promise<void> {
    while (!isOver) {
      // The kernel resets what it has not handed over when a listener closes: no reply, and nothing of ours.
      const reply = await postChat(second.url, {}, { headers: { connection: 'close' } }).catch(() => null)
      if (reply === null) continue
      await reply.text()
      statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1)
    }
  }
  const lanes = Array.from({ length: 8 }, lane)
  try {
    assert.equal(await first.stop(), 0)
    await start('one')
    assert.equal(await second.stop(), 0)
    await start('two')
  } finally {
    isOver = true
    await Promise.all(lanes)
  }
  t.diagnostic(`${statuses.get(200)} replies`)
  assert.deepEqual([...statuses.keys()], [200])
})

for (const [name, first, second] of [
  ['neither says BEDROCKD_REUSE_PORT', {}, {}],
  ['only the second says BEDROCKD_REUSE_PORT', {}, SHARED],
  ['only the first says BEDROCKD_REUSE_PORT', SHARED, {}],
] as const) {
  test(`a second daemon on a taken port ends with a message that names it when ${name}`, async (t) => {
    const instance = await prepare(t)
    const running = await startInstance(t, instance, { name: 'one', environment: first })
    await assert.rejects(
      startInstance(t, instance, { name: 'two', environment: second }),
      new RegExp(`bedrockd: cannot listen on 127\\.0\\.0\\.1:${instance.port}: the address is taken`),
    )
    assertComplete(await readStream(await postChat(running.url, { stream: true })), { usage: false })
  })
}
