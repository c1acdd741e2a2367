import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Status } from '../../src/admin/types.js'
import type { Emulator } from '../emulator/emulator.js'
import type { Daemon } from './daemon.js'

/** What must be the same before and after any misuse. */
export interface ProcessState {
  readonly pid: number
  readonly startedAtMs: number
  /** Without those of connections to Bedrock, which are kept for a while. */
  readonly descriptors: number
  readonly rssBytes: number
  readonly heapUsedBytes: number
}

/** uWebSockets.js closes idle and stalled connections after 10 to 12 s. */
const SETTLE_LIMIT_MS = 20_000
const GROWTH_BYTES_MAX = 60 * 1024 * 1024

export interface Watched {
  readonly daemon: Daemon
  readonly emulator: Emulator
}

/** Reads the state once no connection of a client is open any more. Throws where that takes too long. */
export async function readProcessState({ daemon, emulator }: Watched): Promise<ProcessState> {
  const endMs = Date.now() + SETTLE_LIMIT_MS
  for (;;) {
    const { pid, startedAtMs, connections, streams, memory } = (await daemon.admin('/status')) as Status
    if (connections.open === 0 && streams.open === 0) {
      const { heapUsedBytes } = memory
      const descriptors = countDescriptors(pid) - emulator.connectionsOpen
      return { pid, startedAtMs, descriptors, rssBytes: readRss(pid), heapUsedBytes }
    }
    assert.ok(Date.now() < endMs, `${connections.open} connections and ${streams.open} streams stay open`)
    await sleep(50)
  }
}

/** The process never restarted, and holds no more descriptors and hardly more memory than it did. */
export async function assertUnchanged(
  watched: Watched,
  before: ProcessState,
  growthBytesMax = GROWTH_BYTES_MAX,
): Promise<void> {
  const { daemon } = watched
  const after = await readProcessState(watched)
  assert.equal(daemon.process.exitCode, null)
  assert.equal(after.pid, daemon.pid)
  assert.equal(after.startedAtMs, before.startedAtMs)
  // One of them may just be closing.
  assert.ok(
    after.descriptors <= before.descriptors + 2,
    `descriptors: ${before.descriptors} → ${after.descriptors}`,
  )
  for (const name of ['rssBytes', 'heapUsedBytes'] as const) {
    const megabytes = `${name}: ${before[name] >> 20} → ${after[name] >> 20} MiB`
    assert.ok(after[name] <= before[name] + growthBytesMax, megabytes)
  }
}

/** No line above `warn`; warnings only where a reply was a 5xx that the caller expects. */
export function assertCalmLog(daemon: Daemon, expectedStatuses: readonly number[]): void {
  const loud = daemon.lines.filter(
    (line) =>
      Number(line['level']) >= 50 ||
      (Number(line['level']) === 40 && !expectedStatuses.includes(Number(line['status']))),
  )
  assert.deepEqual(loud, [])
}

/** Files, sockets and pipes. What event loops have of the kernel's own comes and goes with the threads of the pools. */
function countDescriptors(pid: number): number {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).filter((name) => !readLink(join(folder, name)).startsWith('anon_inode:')).length
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // Closed meanwhile, as the descriptor of the listing itself is.
    return 'anon_inode:'
  }
}

function readRss(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}
