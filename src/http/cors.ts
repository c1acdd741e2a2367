/** Headers of one reply, as name and value. */
export type Headers = readonly (readonly [name: string, value: string])[]

const NONE: Headers = []
const PREFLIGHT_SECONDS_MAX = '600'
const EXPOSED = 'x-request-id, retry-after, x-should-retry, x-bedrockd-dropped-params'

const ANY_ORIGIN: Headers = [
  ['access-control-allow-origin', '*'],
  ['access-control-expose-headers', EXPOSED],
]

/**
 * CORS by `ALLOWED_ORIGINS` (the Fetch standard's CORS protocol): browsers call this gateway themselves with Open WebUI's
 * direct connections. Only configured text reaches a header, but for the list of asked headers, which is checked.
 */
export function createCors(allowedOrigins: readonly string[]) {
  const anyOrigin = allowedOrigins.includes('*')
  const allowed = new Set(allowedOrigins)

  /** For an ordinary reply; `origin` is empty where the client sent none. */
  function replyHeaders(origin: string): Headers {
    if (allowed.size === 0) return NONE
    if (anyOrigin) return origin === '' ? NONE : ANY_ORIGIN
    // A cache must not give one origin the reply of another, nor that of a request without one.
    if (!allowed.has(origin)) return [['vary', 'Origin']]
    return [
      ['access-control-allow-origin', origin],
      ['access-control-expose-headers', EXPOSED],
      ['vary', 'Origin'],
    ]
  }

  /** For the 204 that answers a preflight. */
  function preflightHeaders(origin: string, askedHeaders: string): Headers {
    const reply = replyHeaders(origin)
    if (!allowsOrigin(reply)) return reply
    const asked = /^[A-Za-z0-9\-, ]{1,1024}$/.test(askedHeaders)
      ? askedHeaders
      : 'authorization, content-type'
    return [
      ...reply,
      ['access-control-allow-methods', 'GET, HEAD, POST, OPTIONS'],
      ['access-control-allow-headers', asked],
      ['access-control-max-age', PREFLIGHT_SECONDS_MAX],
    ]
  }

  return { replyHeaders, preflightHeaders }
}

/** Whether the page that gets this reply may read it. */
export function allowsOrigin(headers: Headers): boolean {
  return headers.some(([name]) => name === 'access-control-allow-origin')
}

export type Cors = ReturnType<typeof createCors>
