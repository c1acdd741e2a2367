import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** The folder of recordings: `RECORDINGS_DIR`, else `../shared/recordings` from the project's root. May be absent. */
export function recordingsDir(): string {
  return resolve(process.env['RECORDINGS_DIR'] ?? '../shared/recordings')
}

/** A folder beside the recordings, for example `aws`. May be absent. */
export function sharedDir(name: string): string {
  return resolve(recordingsDir(), '..', name)
}

/** What `node:test` wants as `skip`: false where the folder exists, else the visible reason. */
export function skipWithout(path: string): string | false {
  return existsSync(path) ? false : `${path} absent`
}
