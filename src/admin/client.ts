import { request } from 'node:http'

const CONNECT_TIMEOUT_MS = 2000
const REPLY_BYTES_MAX = 64 * 1024 * 1024

/** One question to the daemon. */
export interface AdminRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  /** The whole answer has to be there within this time. */
  readonly timeoutMs: number
}

export type AdminReply =
  | { readonly type: 'reply'; readonly status: number; readonly text: string }
  /** Nobody takes the connection; `code` is the system's, such as ENOENT. */
  | { readonly type: 'unreachable'; readonly code: string }
  /** The connection stands, the answer did not come. */
  | { readonly type: 'broken'; readonly reason: string }

/** Asks over one Unix socket. Never rejects; ends within the request's timeout. */
export function askDaemon(
  socketPath: string,
  { method, path, body, timeoutMs }: AdminRequest,
): Promise<AdminReply> {
  return new Promise((resolve) => {
    const text = body === undefined ? null : JSON.stringify(body)
    const headers = { connection: 'close', ...(text === null ? {} : { 'content-type': 'application/json' }) }
    const outgoing = request({ socketPath, method, path, headers, host: 'localhost' })
    let connected = false
    const finish = (reply: AdminReply) => {
      clearTimeout(connectDeadline)
      clearTimeout(deadline)
      resolve(reply)
      outgoing.destroy()
    }
    const connectDeadline = setTimeout(
      () => finish({ type: 'unreachable', code: 'ETIMEDOUT' }),
      CONNECT_TIMEOUT_MS,
    )
    const deadline = setTimeout(
      () => finish({ type: 'broken', reason: `no answer within ${timeoutMs / 1000} s` }),
      timeoutMs,
    )
    outgoing.on('socket', (socket) => {
      socket.once('connect', () => {
        connected = true
        clearTimeout(connectDeadline)
      })
    })
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? error.message
      finish(connected ? { type: 'broken', reason: error.message } : { type: 'unreachable', code })
    })
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = []
      let bytes = 0
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > REPLY_BYTES_MAX) finish({ type: 'broken', reason: 'the answer is too large' })
        else chunks.push(chunk)
      })
      incoming.on('error', (error) => finish({ type: 'broken', reason: error.message }))
      incoming.on('end', () => {
        const answer = Buffer.concat(chunks).toString('utf8')
        finish({ type: 'reply', status: incoming.statusCode ?? 0, text: answer })
      })
    })
    outgoing.end(text ?? undefined)
  })
}
