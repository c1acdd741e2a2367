import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Status } from '../../src/admin/types.js'
import type { Emulator } from '../emulator/emulator.js'

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url))
const START_LIMIT_MS = 30_000

export type LogLine = Readonly<Record<string, unknown>>

export interface DaemonOptions {
  /** Its environment is the emulator's; without one the daemon has no credentials and no AWS. */
  readonly emulator?: Pick<Emulator, 'environment'>
  /** On top of what is needed to be apart from everything on this machine. */
  readonly environment?: Readonly<Record<string, string>>
  /** Kept when given, for restarts; else a fresh one, removed at the end. */
  readonly stateDir?: string
  /** Wait until the snapshot is there; default true where there is an emulator. */
  readonly waitReady?: boolean
}

/** A `bedrockd` process of its own, on free ports, as an operator would run it. */
export interface Daemon {
  readonly url: string
  readonly imagesUrl: string
  readonly port: number
  readonly adminSocket: string
  readonly stateDir: string
  readonly process: ChildProcess
  readonly pid: number
  /** Resolves when the process has ended, with its code; null: a signal ended it. */
  readonly exited: Promise<number | null>
  /** Every log line so far. */
  readonly lines: readonly LogLine[]
  /** Everything on stdout and stderr so far, raw. */
  readonly output: () => string
  /** GETs JSON from the admin socket, or POSTs where `method` says so. */
  admin(path: string, method?: string, body?: unknown): Promise<unknown>
  /** Resolves with the first log line that matches, past or to come. */
  waitForLine(matches: (line: LogLine) => boolean, limitMs?: number): Promise<LogLine>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL. */
  kill(): Promise<void>
}

export async function startDaemon(options: DaemonOptions = {}): Promise<Daemon> {
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), 'bedrockd-test-'))
  const adminSocket = options.environment?.['BEDROCKD_ADMIN_SOCKET'] ?? join(stateDir, 'admin.sock')
  const child = spawn(process.execPath, ['--enable-source-maps', MAIN], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: stateDir,
      AWS_EC2_METADATA_DISABLED: 'true',
      BEDROCKD_STATE_DIR: stateDir,
      BEDROCKD_ADMIN_SOCKET: adminSocket,
      BEDROCKD_LISTEN: '127.0.0.1:0',
      BEDROCKD_IMAGES_LISTEN: '127.0.0.1:0',
      BEDROCKD_METRICS_LISTEN: '',
      // Nobody listens there: no test asks the real one.
      AWS_ENDPOINT_URL_BEDROCK_MANTLE: 'http://127.0.0.1:9',
      ...options.emulator?.environment,
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: LogLine[] = []
  const watchers = new Set<() => void>()
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    output += `${line}\n`
    if (line.startsWith('{')) lines.push(JSON.parse(line) as LogLine)
    for (const watcher of watchers) watcher()
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)

  function waitForLine(matches: (line: LogLine) => boolean, limitMs = START_LIMIT_MS): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(limit)
        watchers.delete(look)
        settle()
      }
      const look = (): void => {
        const line = lines.find(matches)
        if (line !== undefined) finish(() => resolve(line))
      }
      const limit = setTimeout(
        () => finish(() => reject(new Error(`no such log line in:\n${output}`))),
        limitMs,
      )
      watchers.add(look)
      void exited.then(() => finish(() => reject(new Error(`bedrockd ended:\n${output}`))))
      look()
    })
  }

  const { listen } = (await waitForLine((line) => line['msg'] === 'listening').catch((error: unknown) => {
    child.kill('SIGKILL')
    if (options.stateDir === undefined) rmSync(stateDir, { recursive: true, force: true })
    throw error
  })) as { listen: { chat: string; images: string | null } } & LogLine
  const daemon: Daemon = {
    url: `http://${listen.chat}`,
    imagesUrl: `http://${listen.images}`,
    port: Number(listen.chat.split(':').at(-1)),
    adminSocket,
    stateDir,
    process: child,
    pid: child.pid ?? 0,
    exited,
    lines,
    output: () => output,
    admin: (path, method = 'GET', body) => askAdmin(adminSocket, path, method, body),
    waitForLine,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      const code = await exited
      if (options.stateDir === undefined) rmSync(stateDir, { recursive: true, force: true })
      return code
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
      if (options.stateDir === undefined) rmSync(stateDir, { recursive: true, force: true })
    },
  }
  try {
    if (options.waitReady ?? options.emulator !== undefined) await waitUntilReady(daemon)
  } catch (error) {
    await daemon.kill()
    throw error
  }
  return daemon
}

async function waitUntilReady(daemon: Daemon): Promise<void> {
  const endMs = Date.now() + START_LIMIT_MS
  for (;;) {
    // Over its own socket: on a shared port another daemon might answer.
    const { ready } = (await daemon.admin('/status')) as Status
    if (ready) return
    assert.ok(Date.now() < endMs, `bedrockd did not become ready:\n${daemon.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function askAdmin(socketPath: string, path: string, method: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { socketPath, path, method, headers: { 'content-type': 'application/json' } },
      (reply) => {
        let text = ''
        reply.setEncoding('utf8')
        reply.on('data', (chunk: string) => {
          text += chunk
        })
        reply.on('end', () => resolve(JSON.parse(text)))
      },
    )
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
