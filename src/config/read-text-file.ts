import { readFileSync } from 'node:fs'

/** What reading one file gave; `reason` is an error code such as EACCES. */
export type FileRead =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'absent' }
  | { readonly type: 'unreadable'; readonly reason: string }

/** Reads a UTF-8 file at once: configuration is read before the event loop has work. Never throws. */
export function readTextFile(path: string): FileRead {
  try {
    return { type: 'text', text: readFileSync(path, 'utf8') }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return code === 'ENOENT' || code === 'ENOTDIR' ? { type: 'absent' } : { type: 'unreadable', reason: code }
  }
}
