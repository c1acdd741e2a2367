import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Behaviour } from '../emulator/behaviour.js'

const MAIN = fileURLToPath(new URL('../emulator/main.js', import.meta.url))

/** An emulator in a process of its own: what is measured here must not share a loop with it. */
export interface EmulatorProcess {
  readonly url: string
  readonly environment: Readonly<Record<string, string>>
  set(behaviour: Partial<Behaviour>): Promise<void>
  close(): Promise<void>
}

export async function startEmulatorProcess(args: readonly string[] = []): Promise<EmulatorProcess> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const { url, environment } = JSON.parse(line) as Pick<EmulatorProcess, 'url' | 'environment'>
  return {
    url,
    environment,
    async set(behaviour) {
      const reply = await fetch(`${url}/_emulator/behaviour`, {
        method: 'POST',
        body: JSON.stringify(behaviour),
      })
      if (reply.status !== 204) throw new Error(await reply.text())
    },
    async close() {
      child.kill('SIGTERM')
      await exited
    },
  }
}
