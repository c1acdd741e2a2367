import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

// Public material that tests read where it is there; nothing of it is part of the project.

/** Recorded Bedrock traffic: `RECORDINGS_DIR`, else beside the project. */
export const recordingsDir = resolve(process.env['RECORDINGS_DIR'] ?? '../shared/recordings')
/** AWS's own service model and signature vectors. */
export const awsDir = resolve(recordingsDir, '../aws')
/** OpenAI's API description. */
export const openaiDir = resolve(recordingsDir, '../openai')
/** Requests that Open WebUI really sent. */
export const openwebuiDir = resolve(recordingsDir, '../openwebui')

/** For `test(name, { skip: skipWithout(dir) }, …)`: false where `dir` is there, else the visible reason. */
export function skipWithout(dir: string): string | false {
  return existsSync(dir) ? false : `${dir} is absent`
}
