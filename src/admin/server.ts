import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { createAdminHandler } from './routes.js'
import {
  prepareSocketFolder,
  publishSocketFile,
  removeSocketFile,
  type SocketFile,
  shareWithGroup,
  toUnpublishedPath,
} from './socket-file.js'
import type { AdminBackend } from './types.js'

const CONNECTIONS_MAX = 64
const HEADER_BYTES_MAX = 16384
const REQUEST_TIMEOUT_MS = 10_000
/** Answers that run when the daemon closes (a drain's own, for example) get this long. */
const CLOSE_GRACE_MS = 1000

export interface AdminServerOptions {
  readonly socketPath: string
  readonly backend: AdminBackend
  readonly version: string
  /** Group that may use the socket beside the owner, where it exists and we may set it; default `bedrockd`. */
  readonly group?: string
}

export interface AdminServer {
  /** Rejects with an `Error` that says what to do: path too long, taken by a live daemon, not a socket. */
  listen(): Promise<void>
  /** Stops listening, lets running answers finish for a moment, and removes the file if it is still ours. */
  close(): Promise<void>
}

/** HTTP with JSON over a Unix socket, mode 0660: `curl --unix-socket PATH http://localhost/status`. */
export function createAdminServer(options: AdminServerOptions): AdminServer {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
    },
    createAdminHandler(options.backend, options.version),
  )
  server.maxConnections = CONNECTIONS_MAX
  server.on('clientError', refuseBrokenRequest)
  let file: SocketFile | null = null

  return {
    async listen() {
      assert(!server.listening, 'listen is called once')
      prepareSocketFolder(options.socketPath)
      const unpublished = toUnpublishedPath(options.socketPath)
      await bindPrivately(server, unpublished)
      try {
        shareWithGroup(unpublished, options.group ?? 'bedrockd')
        file = await publishSocketFile(unpublished, options.socketPath)
      } catch (error) {
        await stop(server)
        throw error
      }
    },
    async close() {
      if (file !== null) removeSocketFile(file)
      file = null
      if (server.listening) await stop(server)
    },
  }
}

/** Binds with mode 0600. The umask is process-wide, but bind(2) runs inside the call: nothing else sees it. */
function bindPrivately(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const umask = process.umask(0o177)
    try {
      server.listen(path, () => {
        server.off('error', reject)
        server.on('error', ignoreAcceptError)
        resolve()
      })
    } finally {
      process.umask(umask)
    }
  })
}

/** A failed accept (out of descriptors) costs that one connection, not the daemon. */
function ignoreAcceptError(): void {}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
    server.close(() => {
      clearTimeout(deadline)
      resolve()
    })
    server.closeIdleConnections()
  })
}

function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
  const message = 'the request is not valid HTTP/1.1'
  const body = JSON.stringify({
    error: { message, type: 'invalid_request_error', param: null, code: 'bad_request' },
  })
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `connection: close\r\n\r\n${body}`,
  )
}
