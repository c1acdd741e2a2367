import type { RegionAccess } from './access.js'
import { toHeaderLines, toRequestLine } from './http/header-lines.js'
import { type PreparedSignature, sha256Hex, toAmzDate } from './sigv4.js'

/** Prepared heads of one endpoint: a model has few, but clients may name models that nobody has. */
const PREPARED_MAX = 1_000

/** Of all requests that go to one path with the same headers. */
interface PreparedHead {
  /** Request line and headers that stay. */
  readonly start: string
  /** Null: the authorization is among them. */
  readonly sign: PreparedSignature | null
}

/** One service of a region, as the credentials of now reach it. */
export interface Endpoint {
  /** `https://bedrock-runtime.us-east-1.amazonaws.com`. */
  readonly origin: string
  /** The head of a request with this body. Throws a `TypeError` for a header that can't be sent. */
  headFor(request: RequestOutline): string
}

export interface RequestOutline {
  /** Behind the endpoint's own. */
  readonly path: string
  /** Beside those of every request; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
  readonly bodyBytes: number
  /** SHA-256 of the body in hex; null: not known yet. */
  readonly payloadHash: string | null
}

/** Writes and signs request heads. Text and canonical form of a path are made once per credentials. */
export function createEndpoints({ now }: { readonly now: () => number }) {
  const endpoints = new WeakMap<RegionAccess, Endpoint>()
  const amzDateOf = createAmzDate()
  return {
    of(access: RegionAccess): Endpoint {
      let endpoint = endpoints.get(access)
      if (endpoint === undefined) {
        endpoint = createEndpoint(access, () => amzDateOf(now()))
        endpoints.set(access, endpoint)
      }
      return endpoint
    },
  }
}

export type Endpoints = ReturnType<typeof createEndpoints>

function createEndpoint({ endpoint, auth }: RegionAccess, amzDate: () => string): Endpoint {
  const { origin, host, basePath } = splitEndpoint(endpoint)
  const prepared = new Map<string, PreparedHead>()

  function prepare(pathOfCall: string, more: Readonly<Record<string, string>>): PreparedHead {
    const path = basePath + pathOfCall
    const token = auth.type === 'sigv4' ? auth.sessionToken : null
    const headers = Object.entries({
      host,
      'content-type': 'application/json',
      ...more,
      ...(token !== null && { 'x-amz-security-token': token }),
    })
    const start = toRequestLine(path) + toHeaderLines(headers)
    return auth.type === 'bearer'
      ? { start: start + toHeaderLines([['authorization', auth.header]]), sign: null }
      : { start, sign: auth.signer.prepare({ method: 'POST', path, query: '', headers }) }
  }

  function preparedFor({ path, headers }: RequestOutline): PreparedHead {
    for (const _ in headers) return prepare(path, headers)
    let head = prepared.get(path)
    if (head === undefined) {
      if (prepared.size >= PREPARED_MAX) prepared.clear()
      head = prepare(path, headers)
      prepared.set(path, head)
    }
    return head
  }

  return {
    origin,
    headFor(request) {
      const { start, sign } = preparedFor(request)
      const withLength = `${start}content-length: ${request.bodyBytes}\r\n`
      if (sign === null) return `${withLength}\r\n`
      const date = amzDate()
      const payloadHash = request.payloadHash ?? sha256Hex(request.body)
      const authorization = toHeaderLines([['authorization', sign(date, payloadHash)]])
      return `${withLength}x-amz-date: ${date}\r\n${authorization}\r\n`
    },
  }
}

/** `amzDate` of a time; a second's text is made once. */
function createAmzDate(): (nowMs: number) => string {
  let second = -1
  let text = ''
  return (nowMs) => {
    const nowSecond = Math.floor(nowMs / 1000)
    if (nowSecond !== second) {
      second = nowSecond
      text = toAmzDate(second * 1000)
    }
    return text
  }
}

function splitEndpoint(endpoint: string): { origin: string; host: string; basePath: string } {
  const hostStart = endpoint.indexOf('//') + 2
  const pathStart = endpoint.indexOf('/', hostStart)
  const origin = pathStart < 0 ? endpoint : endpoint.slice(0, pathStart)
  return { origin, host: origin.slice(hostStart), basePath: pathStart < 0 ? '' : endpoint.slice(pathStart) }
}
