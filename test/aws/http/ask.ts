import type { Connection, HttpRequest, ResponseListener } from '../../../src/aws/http/connection.js'
import type { ConnectionPool } from '../../../src/aws/http/connection-pool.js'

/** What was heard of one request, in order, and how it ended. */
export interface Asked {
  readonly heard: string[]
  body: string
  error: (Error & { code?: string }) | null
  readonly ended: Promise<void>
}

/** A request with this body. */
export function toHttpRequest(body: string | Uint8Array = ''): HttpRequest {
  const bodyBytes = Buffer.byteLength(body)
  const head = `POST / HTTP/1.1\r\nhost: test\r\ncontent-length: ${bodyBytes}\r\n\r\n`
  return { head, body, bodyBytes }
}

/** Sends one request on this connection. */
export function askOn(
  connection: Connection,
  request = toHttpRequest(),
  more: Partial<ResponseListener> = {},
): Asked {
  let end = (): void => {}
  const asked: Asked = {
    heard: [],
    body: '',
    error: null,
    ended: new Promise((resolve) => {
      end = resolve
    }),
  }
  connection.send(request, {
    onHead: ({ status }) => void asked.heard.push(`head ${status}`),
    onBody(part) {
      asked.heard.push('body')
      asked.body += part.toString('latin1')
    },
    onReadEnd: () => void asked.heard.push('read end'),
    onEnd() {
      asked.heard.push('end')
      end()
    },
    onError(error) {
      asked.heard.push('error')
      asked.error = error
      end()
    },
    ...more,
  })
  return asked
}

/** The same on the pool's idle connection, else on a new one. */
export function ask(pool: ConnectionPool, request = toHttpRequest()): Asked {
  return askOn(pool.takeIdle() ?? pool.open(), request)
}
