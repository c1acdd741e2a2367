import assert from 'node:assert/strict'
import { createHmac, hash } from 'node:crypto'

/** Long-lived or temporary AWS credentials, as plain values. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
}

/** What a signature covers. Header names may be of any case; values are signed as HTTP sends them. */
export interface SignableRequest {
  readonly method: string
  /** The path as it stands in the request line, without the query. */
  readonly path: string
  /** Without `?`; empty: none. */
  readonly query: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** SHA-256 of the body, lower-case hex. */
  readonly payloadHash: string
}

export interface SigningScope {
  readonly region: string
  /** The signing name: `bedrock` for runtime and control plane alike (service model). */
  readonly service: string
}

/** The `authorization` header of one request. */
export type PreparedSignature = (amzDate: string, payloadHash: string) => string

const ALGORITHM = 'AWS4-HMAC-SHA256'

export const sha256Hex = (content: string | Uint8Array): string => hash('sha256', content, 'hex')

/**
 * Signature Version 4 by headers (AWS: "Create a signed AWS API request"). The signing key is derived once a day per
 * scope, which takes four of the five HMACs off every request.
 */
export function createSigner(credentials: Credentials, scope: SigningScope) {
  let keyDay = ''
  let key: Buffer = Buffer.alloc(0)

  function signingKey(day: string): Buffer {
    if (day !== keyDay) {
      keyDay = day
      key = deriveKey(credentials.secretAccessKey, day, scope)
    }
    return key
  }

  function toAuthorization(canonical: string, signedHeaders: string, amzDate: string): string {
    const day = amzDate.slice(0, 8)
    const scopeText = `${day}/${scope.region}/${scope.service}/aws4_request`
    const signature = createHmac('sha256', signingKey(day))
      .update(`${ALGORITHM}\n${amzDate}\n${scopeText}\n${sha256Hex(canonical)}`)
      .digest('hex')
    return `${ALGORITHM} Credential=${credentials.accessKeyId}/${scopeText}, SignedHeaders=${signedHeaders}, Signature=${signature}`
  }

  /** The `authorization` header. `amzDate` is the `x-amz-date` that is among the headers: `20150830T123600Z`. */
  function sign(request: SignableRequest, amzDate: string): string {
    const { canonicalHeaders, signedHeaders } = toCanonicalHeaders(request.headers)
    const canonical = `${toCanonicalStart(request)}${canonicalHeaders}\n${signedHeaders}\n${request.payloadHash}`
    return toAuthorization(canonical, signedHeaders, amzDate)
  }

  /**
   * The same for requests that differ in date and body only: everything else is brought into canonical form once. The
   * headers come without `x-amz-date`.
   */
  function prepare(request: Omit<SignableRequest, 'payloadHash'>): PreparedSignature {
    const headers = [...request.headers, ['x-amz-date', ''] as const]
    const { canonicalHeaders, signedHeaders } = toCanonicalHeaders(headers)
    const dateLine = /^x-amz-date:/m.exec(canonicalHeaders)
    assert(dateLine)
    const dateStart = dateLine.index + dateLine[0].length
    const beforeDate = toCanonicalStart(request) + canonicalHeaders.slice(0, dateStart)
    const afterDate = `${canonicalHeaders.slice(dateStart)}\n${signedHeaders}\n`
    return (amzDate, payloadHash) =>
      toAuthorization(beforeDate + amzDate + afterDate + payloadHash, signedHeaders, amzDate)
  }

  return { sign, prepare }
}

export type Signer = ReturnType<typeof createSigner>

/** `2015-08-30T12:36:00.000Z` as SigV4 writes it: `20150830T123600Z`. */
export function toAmzDate(nowMs: number): string {
  const iso = new Date(nowMs).toISOString()
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`
}

function deriveKey(secret: string, day: string, scope: SigningScope): Buffer {
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
  return hmac(hmac(hmac(hmac(`AWS4${secret}`, day), scope.region), scope.service), 'aws4_request')
}

/** Method, path and query, each in its line. */
function toCanonicalStart({ method, path, query }: Omit<SignableRequest, 'payloadHash'>): string {
  return `${method}\n${toCanonicalPath(path)}\n${toCanonicalQuery(query)}\n`
}

/** Names lower case and sorted, values trimmed with inner spaces folded, repeated names joined by commas. */
function toCanonicalHeaders(headers: SignableRequest['headers']): {
  canonicalHeaders: string
  signedHeaders: string
} {
  const values = new Map<string, string>()
  for (const [rawName, rawValue] of headers) {
    const name = rawName.toLowerCase()
    const value = rawValue.trim().replace(/\s+/g, ' ')
    const earlier = values.get(name)
    values.set(name, earlier === undefined ? value : `${earlier},${value}`)
  }
  const names = [...values.keys()].sort()
  return {
    canonicalHeaders: names.map((name) => `${name}:${values.get(name)}\n`).join(''),
    signedHeaders: names.join(';'),
  }
}

/** Every service but S3: the path of the request line is encoded once more, so `%3A` becomes `%253A`. */
function toCanonicalPath(path: string): string {
  return path === '' ? '/' : encodeRfc3986(path).replace(/%2F/g, '/')
}

/** Decoded, encoded once, sorted by name and then by value. */
function toCanonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=')
      const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
      return [encodeRfc3986(decode(name)), encodeRfc3986(decode(value))] as const
    })
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** RFC 3986: everything but letters, digits and `-._~`. */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
