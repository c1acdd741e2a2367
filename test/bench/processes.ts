import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'

const PAGE_BYTES = 4096
const STOP_LIMIT_MS = 5_000
const STOP_POLL_MS = 10

/** The cores of the two sides; null: not pinned, because there is no `taskset` or only one core. */
export interface Cores {
  readonly contender: number
  readonly load: number
  /** What is left. */
  readonly spare: readonly number[]
}

export function findCores(): Cores | null {
  if (!isInstalled('taskset')) return null
  const [load, contender, ...spare] = parseCpuList(
    /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '',
  )
  return load === undefined || contender === undefined ? null : { load, contender, spare }
}

/** `0-2,5` → 0, 1, 2, 5. */
export function parseCpuList(text: string): readonly number[] {
  return text.split(',').flatMap((part) => {
    if (part === '') return []
    const [from = 0, to] = part.split('-').map(Number)
    return Array.from({ length: (to ?? from) - from + 1 }, (_, index) => from + index)
  })
}

export function isInstalled(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
}

/** Starts a process on one core, or anywhere where `core` is null. */
export function spawnOn(
  core: number | null,
  command: readonly [string, ...string[]],
  options: SpawnOptions,
): ChildProcess {
  const [program, ...rest] = core === null ? command : ['taskset', '-c', String(core), ...command]
  return spawn(program, rest, options)
}

/** Ends a process and its children: SIGTERM, then SIGKILL for what does not listen. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  // Named before the first of them ends: a shell's children outlive it, and then belong to nobody.
  const members = treeOf(child.pid)
  const exited = once(child, 'exit')
  for (const member of members) signal(member, 'SIGTERM')
  const endMs = performance.now() + STOP_LIMIT_MS
  while (members.some(isAlive) && performance.now() < endMs)
    await new Promise((resolve) => setTimeout(resolve, STOP_POLL_MS))
  for (const member of members.filter(isAlive)) signal(member, 'SIGKILL')
  await exited
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended of itself.
  }
}

/** False for one that ended and only waits to be asked how. */
function isAlive(pid: number): boolean {
  const state = readStat(pid)[0]
  return state !== undefined && state !== 'Z'
}

/** A port of loopback that nobody listens on. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/**
 * Starts a clock of the CPU time that a process, its threads and its children use from now on; what it returns reads it, in
 * milliseconds. Time on the CPU in nanoseconds, thread by thread: the whole process's own figure comes in steps of 10 ms, more
 * than some loads use in a second. A thread that ends in between is counted up to the start of the clock only.
 */
export function startCpuClock(pid: number): () => number {
  const before = readThreadTimes(pid)
  return () => {
    const spentNs = [...readThreadTimes(pid)].reduce(
      (sum, [thread, timeNs]) => sum + timeNs - (before.get(thread) ?? 0),
      0,
    )
    return spentNs / 1e6
  }
}

/** By thread id: the first field of `schedstat` in proc(5). */
function readThreadTimes(pid: number): ReadonlyMap<string, number> {
  const threads = treeOf(pid).flatMap((member) =>
    listFolder(`/proc/${member}/task`).map((thread) => `/proc/${member}/task/${thread}/schedstat`),
  )
  return new Map(threads.map((file) => [file, Number(readFile(file).split(' ')[0] ?? 0)]))
}

/** Resident memory of a process and its children, in bytes. */
export function residentBytesOf(pid: number): number {
  return treeOf(pid).reduce((sum, member) => {
    return sum + Number(readFile(`/proc/${member}/statm`).split(' ')[1] ?? 0) * PAGE_BYTES
  }, 0)
}

/** A process and all that descend from it, itself first. */
export function treeOf(pid: number): readonly number[] {
  const threads = listFolder(`/proc/${pid}/task`)
  const children = threads.flatMap((thread) =>
    readFile(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children.flatMap(treeOf)]
}

/** What follows the program's name in `/proc/PID/stat`, from the state on: the name may hold spaces. */
function readStat(pid: number): string {
  const text = readFile(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2)
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
