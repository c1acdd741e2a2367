import { lstat, mkdir, readdir, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readPieces } from '../http/reading-window.js'
import type { Bytes } from '../remote-bytes.js'
import { classifyFile, toUnfinishedName } from './link-name.js'

/** A write takes seconds: an unfinished file of this age is what a process left that was killed. */
const UNFINISHED_MS_MAX = 10 * 60_000

export interface SweepLimits {
  readonly nowMs: number
  readonly keepMs: number
  /** The oldest go first until the folder holds no more. */
  readonly bytesMax: number
}

interface StoredFile {
  readonly path: string
  readonly changedAtMs: number
  readonly bytes: number
  readonly unfinished: boolean
}

/** Writes a file that is there as a whole or not at all. Rejects with the system's error; nothing half-written stays. */
export async function writePicture(dir: string, name: string, bytes: Bytes): Promise<void> {
  const unfinished = join(dir, toUnfinishedName(name))
  await mkdir(dir, { recursive: true, mode: 0o700 })
  try {
    // Not flushed to the disk: a link that a power cut loses is a link that is gone, which clients can meet anyway.
    const content = bytes instanceof Uint8Array ? bytes : readPieces(bytes)
    await writeFile(unfinished, content, { flag: 'wx', mode: 0o600 })
    await rename(unfinished, join(dir, name))
  } catch (error) {
    await removeFile(unfinished)
    throw error
  }
}

/** Removes a file; whether it was there, or can be removed, does not matter. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch(() => {})
}

/**
 * Removes what is too old, and then the oldest until the rest fits. Returns the bytes that are left. Files of other names
 * stay. Several processes may do so in the same folder at once.
 */
export async function sweepFolder(dir: string, { nowMs, keepMs, bytesMax }: SweepLimits): Promise<number> {
  const files = await listFolder(dir)
  files.sort((left, right) => left.changedAtMs - right.changedAtMs)
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  for (const file of files) {
    const expired = nowMs - file.changedAtMs >= (file.unfinished ? UNFINISHED_MS_MAX : keepMs)
    if (!expired && (bytes <= bytesMax || file.unfinished)) continue
    await removeFile(file.path)
    bytes -= file.bytes
  }
  return bytes
}

/** One after the other: looking at thousands at once would take all threads from others. */
async function listFolder(dir: string): Promise<StoredFile[]> {
  const files: StoredFile[] = []
  for (const name of await readdir(dir).catch(() => [])) {
    const type = classifyFile(name)
    if (type === 'other') continue
    const path = join(dir, name)
    const found = await lstat(path).catch(() => null)
    if (found?.isFile() !== true) continue
    files.push({
      path,
      changedAtMs: found.mtimeMs,
      bytes: found.size,
      unfinished: type === 'unfinished',
    })
  }
  return files
}
