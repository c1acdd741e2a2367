import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Folders of public material that tests read where they are there; nothing of them is part of the project. */
const sharedDir = process.env['SHARED_DIR'] ?? '../shared'

export const recordingsDir = process.env['RECORDINGS_DIR'] ?? join(sharedDir, 'recordings')
export const awsDir = join(sharedDir, 'aws')
export const openaiDir = join(sharedDir, 'openai')
export const openwebuiDir = join(sharedDir, 'openwebui')

/** For `test(name, { skip: skipWithout(dir) }, …)`: false where `dir` is there, else the reason. */
export function skipWithout(dir: string): string | false {
  return existsSync(dir) ? false : `${dir} is absent`
}
