import type { ChildProcess } from 'node:child_process'
import { rmSync } from 'node:fs'
import { stopProcess } from './processes.js'
import { MODEL_ID, toOpenAiBody, toPost } from './wire.js'

/** What a contender needs to know to start. */
export interface BenchContext {
  readonly upstreamPort: number
  /** `AWS_*` of a gateway: control plane on the emulator, runtime on the upstream. */
  readonly awsEnvironment: Readonly<Record<string, string>>
  /** Core of the contender; null: not pinned. */
  readonly core: number | null
  /** Where Node contenders write a CPU profile when they stop; null: none. */
  readonly profileDir: string | null
  /** More options for Node contenders. */
  readonly nodeOptions?: readonly string[]
}

/** A contender that takes requests. */
export interface Running {
  readonly port: number
  /** The process tree that is measured; null: none. */
  readonly pid: number | null
  /** Of a Prometheus listener with Node's own figures. */
  readonly metricsPort?: number
  /** A chat as this contender takes it, byte for byte. */
  request(stream: boolean, promptCharacters: number): Buffer
  stop(): Promise<void>
}

/** Something that can be measured. */
export interface Contender {
  readonly name: string
  /** Why it can't be measured here; null: it can. */
  readonly missing: string | null
  start(context: BenchContext): Promise<Running>
  /** Milliseconds from start to ready, with a snapshot on disk and no AWS; absent: means nothing here. */
  readonly startWithoutAws?: (context: BenchContext) => Promise<number>
  /** As many processes as cores are named, each on one of them, all on one port; absent: can't. */
  readonly startOn?: (context: BenchContext, cores: readonly (number | null)[]) => Promise<Running>
}

const START_LIMIT_MS = 30_000
const POLL_MS = 5
const STDERR_CHARACTERS_MAX = 4_000

export interface StartedProcess {
  readonly port: number
  readonly request: Running['request']
  /** Removed at the end. */
  readonly folder?: string
  /** Must answer 200; absent: any answer will do. */
  readonly readyPath?: string
  readonly startLimitMs?: number
}

/** Waits until the contender answers. Throws with its stderr where it does not. */
export async function toRunning(child: ChildProcess, started: StartedProcess): Promise<Running> {
  const { port, folder, request, readyPath, startLimitMs = START_LIMIT_MS } = started
  let complaint = ''
  child.on('error', (error) => {
    complaint = String(error)
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-STDERR_CHARACTERS_MAX)
  })
  const stop = async (): Promise<void> => {
    await stopProcess(child)
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
  const endMs = performance.now() + startLimitMs
  // Asked in this order: where the process is gone the answer came from another one on its port.
  while (!(await isReady(port, readyPath)) || hasEnded(child)) {
    if (performance.now() < endMs && !hasEnded(child)) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      continue
    }
    await stop()
    throw new Error(`did not start: ${complaint.trim().replace(/\s+/g, ' ').slice(-300)}`)
  }
  return { port, pid: child.pid ?? null, request, stop }
}

/** Throws where the path does not answer 200 in time. */
export async function untilReady(port: number, path: string): Promise<void> {
  const endMs = performance.now() + START_LIMIT_MS
  while (!(await isReady(port, path))) {
    if (performance.now() > endMs) throw new Error(`nobody got ready on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

/** Whether somebody answers there: with 200 where a path is asked, with anything otherwise. */
export async function isReady(port: number, path?: string): Promise<boolean> {
  try {
    const { status } = await fetch(`http://127.0.0.1:${port}${path ?? '/'}`, {
      signal: AbortSignal.timeout(2_000),
    })
    return path === undefined || status === 200
  } catch {
    return false
  }
}

/** Requests in OpenAI's protocol, as most contenders take them. */
export function openAiRequests(options: {
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly model?: string
}): Running['request'] {
  const { path = '/v1/chat/completions', headers = {}, model = MODEL_ID } = options
  return (stream, promptCharacters) =>
    toPost({ path, headers, body: toOpenAiBody(stream, promptCharacters, model) })
}

/** Node's own arguments for a contender: with them it writes a CPU profile where one is wanted. */
export function toNodeOptions(context: BenchContext, name: string): readonly string[] {
  const { profileDir, nodeOptions = [] } = context
  if (profileDir === null) return nodeOptions
  const file = `${name.replaceAll(' ', '-')}-${Date.now()}.cpuprofile`
  return [...nodeOptions, '--cpu-prof', `--cpu-prof-dir=${profileDir}`, `--cpu-prof-name=${file}`]
}
