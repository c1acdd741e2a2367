import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RefreshReport } from '../../src/admin/types.js'
import { type Daemon, startDaemon } from '../e2e/daemon.js'
import { type EmulatorProcess, startEmulatorProcess } from './emulator-process.js'
import { describeMs, openChat, type StreamSeen, toGapsMs } from './sse-reader.js'
import { startUpstreamProcess, type UpstreamProcess } from './upstream-process.js'

const MODEL = 'anthropic.claude-3-haiku-20240307-v1:0'
const STREAMS = 10
const EVENTS = 150
const EVENTS_PER_SECOND = 50
const LARGE_BODY_BYTES = 20 * 1024 * 1024
const SETTLE_MS = 300
// Only their number counts: the emulator has whatever it is told.
const REGIONS = [
  'us-east-1',
  ...['eu-west', 'ap-south', 'sa-east', 'ca-west', 'me-south', 'af-south'].flatMap((area) =>
    [1, 2, 3, 4, 5].map((number) => `${area}-${number}`),
  ),
]

let control: EmulatorProcess
let upstream: UpstreamProcess
let daemon: Daemon
before(async () => {
  control = await startEmulatorProcess(['--regions', REGIONS.join(','), '--models-count', '126'])
  upstream = await startUpstreamProcess()
  daemon = await startDaemon({
    emulator: { environment: { ...control.environment, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: upstream.url } },
    environment: { BEDROCKD_REGIONS: REGIONS.join(',') },
  })
  await refresh()
})
after(async () => {
  await daemon?.kill()
  await upstream?.close()
  await control?.close()
})

async function refresh(): Promise<RefreshReport> {
  return (await daemon.admin('/refresh', 'POST')) as RefreshReport
}

function toBody(messages: readonly { readonly role: string; readonly content: string }[]): string {
  return JSON.stringify({ model: MODEL, stream: true, messages })
}

/** A chat of very many turns: valid, and as large as a body may be. */
function toLargeBody(): string {
  const content = 'The quick brown fox jumps over the lazy dog; "quoted", and\nbroken. '.repeat(50)
  const turns = Math.floor(LARGE_BODY_BYTES / (JSON.stringify(content).length + 35))
  const roles = ['user', 'assistant'] as const
  const history = Array.from({ length: turns }, (_, index) => ({ role: roles[index % 2] ?? 'user', content }))
  return toBody([...history, { role: 'user', content: 'Go on.' }])
}

/** Ten streams from their first event to their last, while `disturb` runs; each must come whole. */
async function runStreams(disturb: () => Promise<void>): Promise<readonly StreamSeen[]> {
  await upstream.setPlan({ events: EVENTS, eventsPerSecond: EVENTS_PER_SECOND })
  const body = toBody([{ role: 'user', content: 'hello' }])
  const chats = Array.from({ length: STREAMS }, () => openChat({ url: daemon.url, body }))
  await sleep(SETTLE_MS)
  await disturb()
  const seen = await Promise.all(chats.map((chat) => chat.seen))
  for (const stream of seen) {
    assert.equal(stream.status, 200)
    assert.equal(stream.arrivalsMs.length, EVENTS)
    assert.ok(stream.complete)
  }
  return seen
}

test('ten streams come whole, and their gaps are', async (t) => {
  t.diagnostic(`undisturbed: ${describeMs(toGapsMs(await runStreams(async () => {})))}`)
})

test('ten streams come whole beside one whose client stalls, and their gaps are', async (t) => {
  const body = toBody([{ role: 'user', content: 'hello' }])
  let stalled: ReturnType<typeof openChat> | null = null
  try {
    const seen = await runStreams(async () => {
      await upstream.setPlan({ events: 200_000, eventsPerChunk: 50 })
      stalled = openChat({ url: daemon.url, body, stalled: true })
      await sleep(2 * SETTLE_MS)
      const { streams } = (await daemon.admin('/streams')) as { streams: readonly { paused: boolean }[] }
      assert.equal(streams.filter(({ paused }) => paused).length, 1)
    })
    t.diagnostic(`beside a stalled client: ${describeMs(toGapsMs(seen))}`)
  } finally {
    ;(stalled as ReturnType<typeof openChat> | null)?.close()
  }
})

test('ten streams come whole beside a request of 20 MB, and their gaps are', async (t) => {
  // As bytes: encoding them later would hold up the readers in this process.
  const body = Buffer.from(toLargeBody())
  const seen = await runStreams(async () => {
    const large = await openChat({ url: daemon.url, body }).seen
    assert.equal(large.status, 200)
    assert.equal(large.arrivalsMs.length, EVENTS)
  })
  t.diagnostic(`beside a request of 20 MB: ${describeMs(toGapsMs(seen))}`)
})

test('ten streams come whole beside a refresh of 31 regions, and their gaps are', async (t) => {
  // Other lists than before: every region advances.
  await control.set({ control: [{ dropModels: 0.1 }] })
  const seen = await runStreams(async () => {
    const { regions } = await refresh()
    assert.equal(regions.filter(({ outcome }) => outcome === 'advanced').length, REGIONS.length)
  })
  t.diagnostic(`beside a refresh of 31 regions: ${describeMs(toGapsMs(seen))}`)
})
