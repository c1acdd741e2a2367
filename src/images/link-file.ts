import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { CORK_BYTES, PIECE_BYTES, type PieceSource, pieceLength } from '../http/piece-source.js'

/** A file that is open for one reply. Its `source` closes it. */
export interface OpenedFile {
  readonly source: PieceSource
  readonly changedAtMs: number
}

/** Opens an ordinary file; null where there is none. Rejects where it is there and can't be read. */
export async function openFile(path: string): Promise<OpenedFile | null> {
  let handle: FileHandle
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
  try {
    const found = await handle.stat()
    if (found.isFile()) return { source: createFileSource(handle, found.size), changedAtMs: found.mtimeMs }
  } catch (error) {
    await handle.close()
    throw error
  }
  await handle.close()
  return null
}

/** Reads as the client takes it, into the same memory again and again. */
function createFileSource(handle: FileHandle, bytesTotal: number): PieceSource {
  let bytesLeft = bytesTotal
  let memory: Buffer | null = null
  /** The read under way: closing waits for it. */
  let reading: Promise<unknown> = Promise.resolve()

  async function read(): Promise<Uint8Array> {
    memory ??= Buffer.allocUnsafeSlow(Math.min(bytesTotal, PIECE_BYTES + 2 * CORK_BYTES))
    const length = pieceLength(bytesLeft)
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await handle.read(memory, filled, length - filled)
      if (bytesRead === 0) throw new Error('the file became shorter while it was sent')
      filled += bytesRead
    }
    bytesLeft -= length
    return memory.subarray(0, length)
  }

  return {
    bytesTotal,
    next() {
      const piece = read()
      reading = piece.catch(() => {})
      return piece
    },
    close() {
      void reading.then(() => handle.close()).catch(() => {})
    },
  }
}

/** Also for a link in place of a file (`ELOOP`), which nobody of us made. */
function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ELOOP')
}
