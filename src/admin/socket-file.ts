import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  type Stats,
  unlinkSync,
} from 'node:fs'
import { createConnection } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { SOCKET_PATH_BYTES_MAX } from './socket-path.js'

const PROBE_TIMEOUT_MS = 1000
const PUBLISH_ATTEMPTS_MAX = 3

/** Which file the daemon owns: another daemon may have put its own at the same path since. */
export interface SocketFile {
  readonly path: string
  readonly device: number
  readonly inode: number
}

/** Throws an `Error` for a path that the kernel cannot bind; makes the parent folder where it is absent. */
export function prepareSocketFolder(path: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes > SOCKET_PATH_BYTES_MAX) {
    throw new Error(
      `admin socket path must have at most ${SOCKET_PATH_BYTES_MAX} bytes, got ${bytes}: ${path}; ` +
        'set BEDROCKD_ADMIN_SOCKET to a shorter one',
    )
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o750 })
}

/**
 * A name in the same folder, as long as the final one. The socket is bound here and published by `publishSocketFile`
 * when its mode and group are right. It also keeps libuv from deleting the final path: on close libuv unlinks the
 * path that was bound, whoever owns the file by then.
 */
export function toUnpublishedPath(path: string): string {
  const length = Math.max(4, basename(path).length)
  return join(
    dirname(path),
    `.${randomBytes(length)
      .toString('hex')
      .slice(0, length - 1)}`,
  )
}

/** Mode 0660 and, where it exists and we may, the group. The file has mode 0600 until the group is right. */
export function shareWithGroup(path: string, group: string): void {
  const groupId = findGroupId(group)
  if (groupId !== null) {
    try {
      chownSync(path, -1, groupId)
    } catch {
      // Not a member and not root: the socket stays with our own group.
    }
  }
  chmodSync(path, 0o660)
}

/**
 * Gives the bound socket its final name. link(2) fails where a file stands, so that of two daemons only one gets the
 * name. A stale socket is removed first. Throws an `Error` when something answers there or the file is no socket.
 */
export async function publishSocketFile(unpublished: string, path: string): Promise<SocketFile> {
  for (let attempt = 0; attempt < PUBLISH_ATTEMPTS_MAX; attempt += 1) {
    await removeStaleSocket(path)
    try {
      linkSync(unpublished, path)
    } catch (error) {
      if (isErrorCode(error, 'EEXIST')) continue
      throw error
    }
    unlinkSync(unpublished)
    const { dev, ino } = lstatSync(path)
    return { path, device: dev, inode: ino }
  }
  throw new Error(`admin socket ${path} is being taken by another process`)
}

/** Removes the socket file unless somebody else's stands there now. */
export function removeSocketFile(file: SocketFile): void {
  const found = lstatOrNull(file.path)
  if (found !== null && found.dev === file.device && found.ino === file.inode) unlinkSync(file.path)
}

async function removeStaleSocket(path: string): Promise<void> {
  const found = lstatOrNull(path)
  if (found === null) return
  if (!found.isSocket())
    throw new Error(`admin socket ${path} is taken by a file that is not a socket; remove it`)
  const answer = await probe(path)
  if (answer === 'gone') return
  if (answer !== 'refused') {
    throw new Error(`admin socket ${path} is in use: another bedrockd answers there (${answer})`)
  }
  // No await between the look and the removal: what goes is what was probed.
  const now = lstatOrNull(path)
  if (now !== null && now.dev === found.dev && now.ino === found.ino) unlinkSync(path)
}

/** Only a refused connection proves that nobody holds the socket; `answer` names what else happened. */
function probe(path: string): Promise<'refused' | 'gone' | string> {
  return new Promise((resolve) => {
    const socket = createConnection({ path })
    const finish = (answer: string) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(PROBE_TIMEOUT_MS, () => finish('slow to answer'))
    socket.once('connect', () => finish('connected'))
    socket.once('error', (error: NodeJS.ErrnoException) => finish(toAnswer(error.code)))
  })
}

function toAnswer(code: string | undefined): string {
  if (code === 'ECONNREFUSED') return 'refused'
  if (code === 'ENOENT') return 'gone'
  return code ?? 'unknown error'
}

/** Node has no getgrnam(3); sysusers.d writes system groups to this file. */
function findGroupId(group: string): number | null {
  try {
    const line = readFileSync('/etc/group', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith(`${group}:`))
    const groupId = Number(line?.split(':')[2] || Number.NaN)
    return Number.isInteger(groupId) ? groupId : null
  } catch {
    return null
  }
}

function lstatOrNull(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null
}

function isErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
