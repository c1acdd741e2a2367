import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { chatBody } from './chat.js'

/** A client on a bare socket: nothing is retried, re-used or read behind the test's back. */
export interface RawClient {
  readonly socket: Socket
  /** Everything received so far, as Latin-1. */
  readonly received: () => string
  /** Resolves when the connection is closed, with the time since it was opened. */
  readonly closed: Promise<number>
}

/** Connects and collects what comes. */
export async function openRaw(port: number): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1' })
  const openedAtMs = performance.now()
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  const closed = once(socket, 'close').then(() => performance.now() - openedAtMs)
  await once(socket, 'connect')
  return { socket, received: () => text, closed }
}

/** The bytes of a chat request. Without a `connection` header, as aiohttp sends it. */
export function rawChat(
  extra: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): string {
  return rawPost('/v1/chat/completions', chatBody(extra), headers)
}

/** The bytes of a request with a JSON body. */
export function rawPost(path: string, body: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({
    host: '127.0.0.1',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

/** The payload of a chunked reply (RFC 9112 §7.1); throws where the last chunk is missing. */
export function parseChunked(reply: string): string {
  const bodyStart = reply.indexOf('\r\n\r\n') + 4
  const parts: string[] = []
  for (let offset = bodyStart; ; ) {
    const lineEnd = reply.indexOf('\r\n', offset)
    const size = Number.parseInt(reply.slice(offset, lineEnd), 16)
    if (!Number.isInteger(size)) throw new Error('the chunked body is not complete')
    if (size === 0) return parts.join('')
    parts.push(reply.slice(lineEnd + 2, lineEnd + 2 + size))
    offset = lineEnd + 2 + size + 2
  }
}

/** The same of a reply that may end anywhere: as much as came. */
export function parseCutChunks(reply: string): string {
  const parts: string[] = []
  for (let offset = reply.indexOf('\r\n\r\n') + 4; ; ) {
    const lineEnd = reply.indexOf('\r\n', offset)
    const size = lineEnd < 0 ? 0 : Number.parseInt(reply.slice(offset, lineEnd), 16)
    if (size === 0) return parts.join('')
    parts.push(reply.slice(lineEnd + 2, lineEnd + 2 + size))
    offset = lineEnd + 2 + size + 2
  }
}
