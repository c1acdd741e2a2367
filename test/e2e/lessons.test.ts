import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Status } from '../../src/admin/types.js'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { afterwards } from './afterwards.js'
import { bedrockctl } from './bedrockctl.js'
import { assertComplete, eventually, MODEL, postChat, readError, readStream } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

const ASKED = { temperature: 0.5, max_tokens: 7 }

/** As a model refuses it whose family's row says nothing of it: the words of recorded Grok refusals. */
const REFUSES_TEMPERATURE = {
  path: 'inferenceConfig.temperature',
  failWith: {
    status: 400,
    type: 'ValidationException',
    message: "This model doesn't support the temperature field. Remove temperature and try again.",
  },
} as const

async function startRefusing(context: TestContext): Promise<Emulator> {
  const emulator = await startEmulator()
  afterwards(context, () => emulator.close())
  emulator.set({ refuseMember: REFUSES_TEMPERATURE })
  return emulator
}

function newStateDir(context: TestContext): string {
  const stateDir = mkdtempSync(join(tmpdir(), 'bedrockd-test-'))
  afterwards(context, () => rmSync(stateDir, { recursive: true, force: true }))
  return stateDir
}

async function start(
  context: TestContext,
  emulator: Emulator,
  more: { readonly stateDir?: string; readonly environment?: Record<string, string> } = {},
): Promise<Daemon> {
  const daemon = await startDaemon({ emulator, ...more })
  afterwards(context, () => daemon.kill())
  return daemon
}

/** Status and sampling of each chat call that AWS saw. */
function callsOf({ requests }: Emulator): readonly (readonly [number | null, unknown])[] {
  return requests
    .filter(({ operation }) => operation === 'Converse' || operation === 'ConverseStream')
    .map(({ status, body }) => [
      status,
      (body as { inferenceConfig?: { temperature?: number } }).inferenceConfig?.temperature ?? null,
    ])
}

test('a refused parameter costs one call ever: it is answered, kept, shown, and known after a restart', async (context) => {
  const emulator = await startRefusing(context)
  const stateDir = newStateDir(context)
  const daemon = await start(context, emulator, { stateDir })

  const first = await postChat(daemon.url, ASKED)
  assert.equal(first.status, 200, await first.text())
  assert.equal(first.headers.get('x-bedrockd-dropped-params'), 'temperature', 'the first client is told, too')
  assert.deepEqual(callsOf(emulator), [
    [400, 0.5],
    [200, null],
  ])
  const second = await postChat(daemon.url, ASKED)
  assert.equal(second.status, 200)
  assert.equal(second.headers.get('x-bedrockd-dropped-params'), 'temperature')
  assert.deepEqual(callsOf(emulator).slice(2), [[200, null]])

  const line = await daemon.waitForLine(({ msg }) => msg === 'lesson learned')
  assert.deepEqual([line['model'], line['parameter']], [MODEL, 'temperature'])
  assert.doesNotMatch(daemon.output(), /Remove temperature/, "no text of Bedrock's in the log")
  const { counters } = (await daemon.admin('/status')) as Status
  assert.equal(counters['lessons.temperature'], 1)
  assert.match(await bedrockctl(daemon, 'models', '--lessons'), /nova-micro-v1:0 +temperature +\d+m?s ago\n$/)
  const { lessons } = JSON.parse(await bedrockctl(daemon, 'models', '--lessons', '--json')) as {
    lessons: readonly { model: string; parameter: string; learnedAtMs: number }[]
  }
  assert.deepEqual(
    lessons.map(({ model, parameter }) => [model, parameter]),
    [[MODEL, 'temperature']],
  )

  const otherName = `bedrock/converse/${MODEL}`
  assert.match(
    await bedrockctl(daemon, 'models', '--forget-lessons', otherName),
    /nova-micro-v1:0 +temperature\n/,
  )
  assert.equal((await postChat(daemon.url, ASKED)).status, 200)
  assert.deepEqual(callsOf(emulator).slice(3), [
    [400, 0.5],
    [200, null],
  ])

  assert.equal(await daemon.stop(), 0)
  const restarted = await start(context, emulator, { stateDir })
  assert.equal((await postChat(restarted.url, ASKED)).status, 200)
  assert.deepEqual(callsOf(emulator).slice(5), [[200, null]])
})

test('a stream is refused and streamed all the same', async (context) => {
  const emulator = await startRefusing(context)
  const daemon = await start(context, emulator)
  const options = { ...ASKED, stream: true, stream_options: { include_usage: true } }
  assertComplete(await readStream(await postChat(daemon.url, options)), { usage: true })
  assert.deepEqual(callsOf(emulator), [
    [400, 0.5],
    [200, null],
  ])
})

test('a body that only a worker parses is retried, too', async (context) => {
  const emulator = await startRefusing(context)
  const daemon = await start(context, emulator, {
    environment: { BEDROCKD_BODY_INLINE_BYTES_MAX: '16384' },
  })
  const content = 'word '.repeat(20_000)
  const reply = await postChat(daemon.url, { ...ASKED, messages: [{ role: 'user', content }] })
  assert.equal(reply.status, 200, await reply.text())
  assert.deepEqual(callsOf(emulator), [
    [400, 0.5],
    [200, null],
  ])
})

test('where nothing may be dropped the client hears the refusal', async (context) => {
  const emulator = await startRefusing(context)
  const daemon = await start(context, emulator, { environment: { BEDROCKD_DROP_PARAMS: 'false' } })
  const { message } = await readError(await postChat(daemon.url, ASKED), 400)
  assert.match(message, /doesn't support the temperature field/)
  assert.deepEqual(callsOf(emulator), [[400, 0.5]])
  assert.deepEqual(await daemon.admin('/lessons'), { lessons: [] })
})

test('one client with an odd field of its own leaves thinking to all others', async (context) => {
  const emulator = await startEmulator()
  afterwards(context, () => emulator.close())
  const daemon = await start(context, emulator)
  const model = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
  emulator.set({
    refuseMember: {
      path: 'additionalModelRequestFields.reasoning_config',
      failWith: {
        status: 400,
        type: 'ValidationException',
        message: 'The model returned the following errors: reasoning_config: Extra inputs are not permitted',
      },
    },
  })
  const odd = { model, extra_body: { reasoning_config: { type: 'enabled' } } }
  const oddReply = await postChat(daemon.url, odd)
  assert.equal(oddReply.status, 200, await oddReply.text())
  assert.equal(oddReply.headers.get('x-bedrockd-dropped-params'), 'reasoning_config')
  assert.deepEqual(await daemon.admin('/lessons'), { lessons: [] })
  const reply = await postChat(daemon.url, { model, reasoning_effort: 'low' })
  assert.equal(reply.status, 200, await reply.text())
  assert.equal(reply.headers.get('x-bedrockd-dropped-params'), null)
})

test("an alias's drop_params decides whether a refused parameter is left out", async (context) => {
  const emulator = await startRefusing(context)
  const stateDir = newStateDir(context)
  const file = join(stateDir, 'bedrockd.yaml')
  writeFileSync(file, `aliases:\n  strict: { model: ${MODEL}, drop_params: false }\n`)
  const daemon = await start(context, emulator, { stateDir, environment: { BEDROCKD_CONFIG: file } })
  await readError(await postChat(daemon.url, { ...ASKED, model: 'strict' }), 400)
  assert.deepEqual(callsOf(emulator), [[400, 0.5]])
  assert.equal((await postChat(daemon.url, ASKED)).status, 200)
})

test('a second daemon on the same state directory learns with its next refresh', async (context) => {
  const emulator = await startRefusing(context)
  const stateDir = newStateDir(context)
  const first = await start(context, emulator, { stateDir })
  const second = await start(context, emulator, {
    stateDir,
    environment: { BEDROCKD_ADMIN_SOCKET: join(stateDir, 'second.sock') },
  })
  assert.equal((await postChat(first.url, ASKED)).status, 200)
  await eventually(async () => {
    await second.admin('/refresh', 'POST')
    const { lessons } = (await second.admin('/lessons')) as { lessons: readonly unknown[] }
    return lessons.length > 0
  }, 'the second daemon knows')
  assert.equal((await postChat(second.url, ASKED)).status, 200)
  assert.deepEqual(callsOf(emulator).at(-1), [200, null])
  assert.equal(callsOf(emulator).length, 3)
})
