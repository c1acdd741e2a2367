import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Daemon } from './daemon.js'

const CONTROL = fileURLToPath(new URL('../../src/admin/bedrockctl.js', import.meta.url))

/** What `bedrockctl` prints about this daemon; rejects where it fails. */
export async function bedrockctl(daemon: Daemon, ...args: readonly string[]): Promise<string> {
  const command = [CONTROL, ...args, '--socket', daemon.adminSocket]
  const { stdout } = await promisify(execFile)(process.execPath, command)
  return stdout
}
