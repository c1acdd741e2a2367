import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LoopDelay } from './loop-delay.js'

export interface WatchedLoopDelay extends LoopDelay {
  /** The longest pause of the garbage collector. */
  readonly collectionMaxMs: number
}

/** A process with `loop-monitor.ts` inside. */
export interface WatchedLoop {
  /** For the process that is watched. */
  readonly nodeOptions: readonly string[]
  /** Since the last time; null: nobody listens, because this is no Node process or it is over. */
  read(): Promise<WatchedLoopDelay | null>
  close(): void
}

export function watchLoop(): WatchedLoop {
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-bench-loop-'))
  const socket = join(folder, 'loop.sock')
  const module = new URL('./loop-monitor.js', import.meta.url)
  module.searchParams.set('socket', socket)
  return {
    nodeOptions: ['--import', module.href],
    read: async () => {
      const text = await readAll(socket)
      return text === '' ? null : (JSON.parse(text) as WatchedLoopDelay)
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Everything that the socket says until it ends; nothing where nobody listens. */
function readAll(path: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(path)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}
