import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Daemon, startDaemon } from '../e2e/daemon.js'
import { type EmulatorProcess, startEmulatorProcess } from './emulator-process.js'
import type { LoopReport } from './loop-watch.js'
import { askForPictures } from './pictures-process.js'
import { openChat } from './sse-reader.js'

const WATCH = new URL('./loop-watch.js', import.meta.url).href
const PICTURES = 10
/** 4.1 megapixels of noise: 12 MB of PNG. */
const SIZE = '2032x2032'
const PICTURE_BYTES_MIN = 12_000_000
const CHATS = 4
const EVENTS_PER_SECOND = 50
/** About as long as the pictures take. */
const EVENTS = 600
const SETTLE_MS = 500

let emulator: EmulatorProcess
let daemon: Daemon
before(async () => {
  emulator = await startEmulatorProcess()
  daemon = await startDaemon({ emulator, environment: { NODE_OPTIONS: `--import ${WATCH}` } })
})
after(async () => {
  await daemon?.kill()
  await emulator?.close()
})

/** Stretches in which the daemon's main thread held its loop, longest first, while `work` ran. */
async function heldMsDuring(work: () => Promise<void>): Promise<readonly number[]> {
  await sleep(SETTLE_MS)
  const from = daemon.lines.length
  await work()
  await sleep(SETTLE_MS)
  const lines = daemon.lines.slice(from) as unknown as readonly LoopReport[]
  const reports = lines.filter(({ msg }) => msg === 'loop watched')
  assert.ok(reports.length > 0, 'the loop was watched')
  return reports.flatMap(({ heldMs }) => heldMs).sort((one, other) => other - one)
}

function residentMegabytes(): number {
  const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)
}

async function askTen(): Promise<void> {
  const body = JSON.stringify({ model: 'amazon.nova-canvas-v1:0', prompt: 'a cat', size: SIZE })
  const replies = await askForPictures({ url: daemon.url, body, count: PICTURES })
  assert.equal(replies.length, PICTURES)
  for (const { status, bytes } of replies) {
    assert.equal(status, 200)
    assert.ok(bytes > PICTURE_BYTES_MIN, `${bytes} bytes`)
  }
}

function report(context: TestContext, name: string, heldMs: readonly number[]): void {
  const longest = heldMs.slice(0, 8).map((ms) => ms.toFixed(1))
  context.diagnostic(
    `${name}: ${heldMs.filter((ms) => ms > 5).length} stretches over 5 ms, the longest ${longest.join(', ')} ms; ${residentMegabytes()} MB resident`,
  )
}

test('ten pictures of 4 megapixels at once come whole, and the loop is held for', {
  timeout: 300_000,
}, async (t) => {
  report(t, 'idle', await heldMsDuring(() => sleep(2_000)))
  await emulator.set({ noise: true, events: EVENTS, eventsPerSecond: EVENTS_PER_SECOND })
  for (const round of ['cold', 'warm']) {
    report(t, round, await heldMsDuring(askTen))
  }
  const chat = JSON.stringify({
    model: 'anthropic.claude-3-haiku-20240307-v1:0',
    stream: true,
    messages: [{ role: 'user', content: 'hello' }],
  })
  const chats = Array.from({ length: CHATS }, () => openChat({ url: daemon.url, body: chat }))
  report(t, 'beside chats', await heldMsDuring(askTen))
  // Their gaps would be the emulator's, which draws meanwhile.
  const seen = await Promise.all(chats.map(({ seen }) => seen))
  assert.ok(seen.every(({ complete, arrivalsMs }) => complete && arrivalsMs.length === EVENTS))
})
