import { connect, type Socket } from 'node:net'

/** A reply as it stood on the wire. Header names are lower case; of a repeated one all values, joined by `, `. */
export interface RawReply {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** All bytes that came, this reply and whatever followed, as latin-1 text. */
  readonly wire: string
}

export interface RawRequest {
  readonly method?: string
  readonly path?: string
  /** As they go out, name by name: nothing is checked, added or folded, but for `host`. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string | Uint8Array
  /** Sends `body` without a length, in chunks of this many bytes. */
  readonly chunkBytes?: number
}

const REPLY_LIMIT_MS = 30_000

/** The bytes of one request, with a `content-length` unless it is chunked, has no body or brings its own. */
export function toRequestBytes(request: RawRequest): Buffer {
  const { method = 'POST', path = '/v1/chat/completions', headers = [], chunkBytes } = request
  const body = request.body === undefined ? null : Buffer.from(request.body)
  const names = headers.map(([name]) => name.toLowerCase())
  const lines = [`${method} ${path} HTTP/1.1`]
  if (!names.includes('host')) lines.push('host: 127.0.0.1')
  for (const [name, value] of headers) lines.push(`${name}: ${value}`)
  if (chunkBytes !== undefined) lines.push('transfer-encoding: chunked')
  else if (body !== null && !names.includes('content-length')) lines.push(`content-length: ${body.length}`)
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  if (body === null) return head
  return Buffer.concat([head, chunkBytes === undefined ? body : toChunks(body, chunkBytes)])
}

function toChunks(body: Buffer, chunkBytes: number): Buffer {
  const parts: Buffer[] = []
  for (let offset = 0; offset < body.length; offset += chunkBytes) {
    const chunk = body.subarray(offset, offset + chunkBytes)
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

/** Sends one request on a connection of its own and reads its reply, while it still writes. Rejects without a whole reply. */
export async function sendRaw(port: number, request: RawRequest): Promise<RawReply> {
  const connection = openRaw(port)
  try {
    connection.socket.write(toRequestBytes(request))
    return await connection.reply(request.method === 'HEAD')
  } finally {
    connection.socket.destroy()
  }
}

export interface RawConnection {
  readonly socket: Socket
  /** Everything that came so far, as latin-1 text. */
  readonly wire: () => string
  /** Resolves when the connection is closed, by whomever and however; then nothing more comes. */
  readonly closed: Promise<void>
  /** Resolves with the first whole reply; rejects when the connection ends before. */
  reply(bodyless?: boolean): Promise<RawReply>
}

/** A connection for bytes of any kind. Its owner destroys `socket`. */
export function openRaw(port: number): RawConnection {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  socket.setNoDelay(true)
  let received = ''
  let failure: Error | null = null
  let ended = false
  let notify = (): void => {}
  // Errors are what some of these connections are for: they end the wait below.
  socket.on('error', (error) => {
    failure = error
  })
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
    notify()
  })
  socket.on('end', () => {
    ended = true
    notify()
    socket.end()
  })
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      ended = true
      notify()
      resolve()
    })
  })

  function reply(bodyless = false): Promise<RawReply> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(limit)
        notify = () => {}
        finish()
      }
      const limit = setTimeout(
        () => settle(() => reject(new Error(`no whole reply in time: ${received.slice(0, 400)}`))),
        REPLY_LIMIT_MS,
      )
      notify = () => {
        const parsed = parseReply(received, { bodyless, ended })
        if (parsed !== null) settle(() => resolve(parsed))
        else if (ended) {
          const why = failure === null ? 'closed' : failure.message
          settle(() => reject(new Error(`no whole reply (${why}): ${received.slice(0, 400)}`)))
        }
      }
      notify()
    })
  }

  return { socket, wire: () => received, closed, reply }
}

/** The reply at the start of `wire`; null while it is not whole. */
function parseReply(
  wire: string,
  { bodyless, ended }: { readonly bodyless: boolean; readonly ended: boolean },
): RawReply | null {
  const headEnd = wire.indexOf('\r\n\r\n')
  if (headEnd < 0) return null
  const [statusLine = '', ...lines] = wire.slice(0, headEnd).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1])
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  const bytes = wire.slice(headEnd + 4)
  const body = bodyless || status === 204 ? '' : takeBody(bytes, headers, ended)
  return body === null ? null : { status, headers, body: Buffer.from(body, 'latin1').toString('utf8'), wire }
}

function takeBody(bytes: string, headers: ReadonlyMap<string, string>, ended: boolean): string | null {
  const length = headers.get('content-length')
  if (length !== undefined) {
    return bytes.length >= Number(length) ? bytes.slice(0, Number(length)) : null
  }
  if (headers.get('transfer-encoding') === 'chunked') return takeChunks(bytes)
  return ended ? bytes : null
}

function takeChunks(bytes: string): string | null {
  let body = ''
  let at = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const size = Number.parseInt(bytes.slice(at, lineEnd), 16)
    const next = lineEnd + 2 + size + 2
    if (bytes.length < next) return null
    if (size === 0) return body
    body += bytes.slice(lineEnd + 2, lineEnd + 2 + size)
    at = next
  }
}
