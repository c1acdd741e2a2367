import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import type { BenchContext, Running } from './contender.js'
import { DIRECT, DIRECT_BY_WRK, listContenders, NGINX } from './contenders.js'
import { type LoadResult, runLoad } from './load.js'
import { findCores, parseCpuList, treeOf } from './processes.js'
import { startUpstream, type Upstream } from './upstream.js'
import { BEARER_TOKEN, DEFAULT_PLAN, MARKER } from './wire.js'

const EVENTS = 7
const TRIES_MAX = 30
const LOAD_SIDE: readonly string[] = [DIRECT, DIRECT_BY_WRK]
const cores = findCores()

let upstream: Upstream
let emulator: Emulator
let context: BenchContext
before(async () => {
  upstream = await startUpstream()
  upstream.setPlan({ ...DEFAULT_PLAN, events: EVENTS, eventsPerChunk: 3 })
  emulator = await startEmulator({ bearerToken: BEARER_TOKEN })
  const runtime = { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: `http://127.0.0.1:${upstream.port}` }
  context = {
    upstreamPort: upstream.port,
    awsEnvironment: { ...emulator.environment, ...runtime },
    core: cores?.contender ?? null,
    profileDir: null,
  }
})
after(async () => {
  await upstream.close()
  await emulator.close()
})

/** Until a reply is complete: the first one may take its time where others use the cores, too. */
async function loadOnce(running: Running, stream: boolean): Promise<LoadResult> {
  const load = {
    port: running.port,
    request: running.request(stream, 300).toString('base64'),
    connections: 2,
    warmupMs: 50,
    windowMs: 300,
    eventsExpected: stream ? EVENTS : 0,
    bodyBytesMin: stream ? 0 : DEFAULT_PLAN.answerBytes,
    pid: running.pid,
  }
  for (let tries = 1; ; tries += 1) {
    const result = await runLoad(load)
    if (result.replies > 0 || result.failures > 0 || tries === TRIES_MAX) return result
  }
}

/** The cores on which any thread of a process may run. */
function coresOf(pid: number): ReadonlySet<number> {
  const lists = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
    return /^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? ''
  })
  return new Set(lists.flatMap(parseCpuList))
}

/** One reply to a chat, as this contender's clients read it. */
async function ask(running: Running, stream: boolean): Promise<Response> {
  const [head = '', body = ''] = running.request(stream, 300).toString().split('\r\n\r\n')
  const [requestLine = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(': ')
    return [line.slice(0, colon), line.slice(colon + 2)]
  })
  const allowed = headers.filter(([name]) => !['host', 'connection', 'content-length'].includes(name))
  const url = `http://127.0.0.1:${running.port}${requestLine.split(' ')[1]}`
  return fetch(url, { method: 'POST', headers: allowed, body })
}

interface Choice {
  readonly message?: { readonly content?: string | null }
  readonly delta?: { readonly content?: string | null }
  readonly finish_reason?: string | null
}

function readChunks(text: string): readonly Choice[] {
  const lines = text.split('\n').filter((line) => line.startsWith('data: {'))
  return lines.flatMap(
    (line) => (JSON.parse(line.slice(6)) as { readonly choices: readonly Choice[] }).choices,
  )
}

const STREAMED_TEXT = `${MARKER.toString()}00000000`.repeat(EVENTS)

for (const contender of listContenders({})) {
  if (contender.missing !== null) {
    test(`${contender.name} is not here, and the table will say how to get it`, () => {
      assert.match(String(contender.missing), /not installed \((apt-get install [\w-]+|make peers)\)$/)
    })
    continue
  }

  describe(contender.name, () => {
    let running: Running
    before(async () => {
      running = await contender.start(context)
    })
    after(() => running.stop())

    test('every reply passes the load generator, streamed and whole', async () => {
      for (const stream of [true, false]) {
        const result = await loadOnce(running, stream)
        assert.equal(result.failures, 0, String(result.failure))
        assert.ok(result.replies > 0)
        if (running.pid !== null) assert.ok(result.residentBytes > 0)
      }
    })

    if (cores !== null && !LOAD_SIDE.includes(contender.name)) {
      test('all its processes and threads are on the core of the contender', () => {
        for (const member of treeOf(running.pid ?? 0))
          assert.deepEqual(coresOf(member), new Set([cores.contender]), `process ${member}`)
      })
    }

    if ([...LOAD_SIDE, NGINX].includes(contender.name)) {
      test("what comes is Bedrock's own protocol, unchanged", async () => {
        const streamed = await ask(running, true)
        assert.equal(streamed.headers.get('content-type'), 'application/vnd.amazon.eventstream')
        assert.equal((await streamed.text()).split(MARKER.toString()).length - 1, EVENTS)
      })
    } else {
      test('its text is what the upstream sent, as it is for every other contender', async () => {
        const choices = readChunks(await (await ask(running, true)).text())
        assert.equal(choices.map(({ delta }) => delta?.content ?? '').join(''), STREAMED_TEXT)
        assert.equal(choices.findLast((choice) => choice.finish_reason)?.finish_reason, 'stop')
        const whole = (await (await ask(running, false)).json()) as { readonly choices: readonly Choice[] }
        assert.equal(whole.choices[0]?.message?.content, 'x'.repeat(DEFAULT_PLAN.answerBytes))
      })
    }

    if (contender.name === NGINX) {
      test('it is one process with one worker', () => {
        assert.equal(treeOf(running.pid ?? 0).length, 1)
      })
    }
  })
}
