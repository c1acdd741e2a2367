import type { ChildProcess } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { askProcess } from './ask-process.js'

/** Small requests one after the other, on one connection. */
export interface Probe {
  readonly port: number
  readonly intervalMs: number
  readonly warmupMs: number
  readonly windowMs: number
}

export interface ProbeResult {
  /** From a request to the first byte of its reply, with what a held loop kept from being sent; sorted. */
  readonly samplesMs: readonly number[]
}

/** What every contender answers somehow, without asking its upstream. */
const REQUEST = 'GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'
const RECONNECT_MS = 20

/**
 * A request every `intervalMs`, as long as replies come within it: uWebSockets.js closes connections with two requests under
 * way. What could not be sent meanwhile is made up for by `addOmitted`.
 */
export function runProbe(probe: Probe): Promise<ProbeResult> {
  const { intervalMs, warmupMs, windowMs } = probe
  const startMs = performance.now() + warmupMs
  const samplesMs: number[] = []
  let socket: Socket | null = null
  let sentMs: number | null = null
  let isOver = false

  function open(): void {
    if (isOver) return
    socket = connect({ host: '127.0.0.1', port: probe.port, noDelay: true })
    socket.on('data', () => {
      // A reply may come in several parts: the first one counts.
      if (sentMs === null) return
      if (sentMs >= startMs) samplesMs.push(performance.now() - sentMs)
      sentMs = null
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      sentMs = null
      setTimeout(open, RECONNECT_MS)
    })
  }

  open()
  const timer = setInterval(() => {
    if (sentMs !== null || socket?.readyState !== 'open') return
    sentMs = performance.now()
    socket.write(REQUEST)
  }, intervalMs)
  return new Promise((resolve) => {
    setTimeout(() => {
      isOver = true
      clearInterval(timer)
      // One that is still under way has waited so long at least.
      if (sentMs !== null && sentMs >= startMs) samplesMs.push(performance.now() - sentMs)
      socket?.destroy()
      resolve({ samplesMs: addOmitted(samplesMs, intervalMs).sort((a, b) => a - b) })
    }, warmupMs + windowMs)
  })
}

/**
 * Adds the requests that would have been sent while one waited for its reply: without them a loop held for a second counts
 * once, beside hundreds of good replies. (Gil Tene's "coordinated omission"; the same correction as HdrHistogram's.)
 */
export function addOmitted(samplesMs: readonly number[], intervalMs: number): number[] {
  return samplesMs.flatMap((sampleMs) => {
    const omitted = Math.max(0, Math.ceil(sampleMs / intervalMs) - 1)
    return Array.from({ length: omitted + 1 }, (_, index) => sampleMs - index * intervalMs)
  })
}

/** Runs probes in the probe process. */
export function runProbeIn(child: ChildProcess, probe: Probe): Promise<ProbeResult> {
  return askProcess<ProbeResult>(child, probe)
}
