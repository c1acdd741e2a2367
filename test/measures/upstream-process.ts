import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { DEFAULT_PLAN, type UpstreamPlan } from '../bench/wire.js'

const MAIN = fileURLToPath(new URL('../bench/upstream-process.js', import.meta.url))

/** The bench's upstream in a process of its own: it parses nothing, so that a large request holds up no stream of it. */
export interface UpstreamProcess {
  readonly url: string
  /** For the streams to come; those under way go on as they began. */
  setPlan(plan: Partial<UpstreamPlan>): Promise<void>
  close(): Promise<void>
}

export async function startUpstreamProcess(): Promise<UpstreamProcess> {
  const child = fork(MAIN)
  const exited = once(child, 'exit')
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    url: `http://127.0.0.1:${port}`,
    async setPlan(plan) {
      child.send({ ...DEFAULT_PLAN, cutsRunning: false, ...plan })
      await once(child, 'message')
    },
    async close() {
      child.kill('SIGTERM')
      await exited
    },
  }
}
