import { createHash, createHmac } from 'node:crypto'
import { BedrockError } from './wire-error.js'

/** A request as it came over the wire. */
export interface SignedRequest {
  readonly method: string
  /** Path and query, undecoded. */
  readonly target: string
  /** Name and value, in wire order, duplicates kept. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

export interface SigningIdentity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
  readonly service: string
}

/** What the credential scope says. */
export interface SignatureScope {
  readonly region: string
}

interface Authorization {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

const SKEW_MS = 5 * 60 * 1000
const CREDENTIAL =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/

/**
 * Checks a Signature Version 4 (AWS General Reference, "Signing AWS API requests") and returns its scope.
 * Throws a BedrockError in the words that AWS uses; the order is form, date, key, scope, signature.
 */
export function verifySignature(
  request: SignedRequest,
  identity: SigningIdentity,
  clock: { nowMs: number; normalizePath?: boolean },
): SignatureScope {
  const authorization = parseAuthorization(headerValue(request, 'authorization'))
  const timestamp = headerValue(request, 'x-amz-date')
  checkForm(authorization, timestamp)
  checkDate(timestamp, clock.nowMs)
  checkKey(authorization, headerValue(request, 'x-amz-security-token'), identity)
  checkService(authorization, identity.service)
  const canonical = canonicalRequest(request, {
    signedHeaders: authorization.signedHeaders,
    normalizePath: clock.normalizePath ?? true,
  })
  const toSign = stringToSign(authorization, timestamp, canonical)
  const expected = hmac(signingKey(authorization, identity.secretAccessKey), toSign).toString('hex')
  if (expected !== authorization.signature) throw mismatch(canonical, toSign)
  return { region: authorization.region }
}

/** The canonical request. The body's own hash stands in it, so a wrong `x-amz-content-sha256` fails the signature. */
export function canonicalRequest(
  request: SignedRequest,
  options: { signedHeaders: readonly string[]; normalizePath: boolean },
): string {
  const [path = '/', query = ''] = splitOnce(request.target, '?')
  const headers = options.signedHeaders.map((name) => `${name}:${canonicalValue(request, name)}\n`)
  return [
    request.method,
    canonicalPath(path, options.normalizePath),
    canonicalQuery(query),
    headers.join(''),
    options.signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n')
}

/** The string to sign of a canonical request. */
export function stringToSign(
  scope: { date: string; region: string; service: string },
  timestamp: string,
  canonical: string,
): string {
  const credentialScope = `${scope.date}/${scope.region}/${scope.service}/aws4_request`
  return ['AWS4-HMAC-SHA256', timestamp, credentialScope, sha256(canonical)].join('\n')
}

function parseAuthorization(header: string): Authorization {
  const match = CREDENTIAL.exec(header)
  if (match === null) throw incomplete()
  const [, accessKeyId = '', date = '', region = '', service = '', names = '', signature = ''] = match
  return { accessKeyId, date, region, service, signedHeaders: names.split(';'), signature }
}

// AWS General Reference: host and x-amz-date must be signed, names sorted and lower case.
function checkForm(authorization: Authorization, timestamp: string): void {
  const names = authorization.signedHeaders
  const sorted = names.toSorted()
  const inOrder = names.every((name, index) => name === sorted[index] && name === name.toLowerCase())
  const complete = names.includes('host') && names.includes('x-amz-date')
  if (!inOrder || !complete || !/^\d{8}T\d{6}Z$/.test(timestamp)) throw incomplete()
  if (!timestamp.startsWith(authorization.date)) throw incomplete()
}

// Recordings 359 and 522 ("Signature expired"); its twin is quoted in the AWS forums, thread 134543.
function checkDate(timestamp: string, nowMs: number): void {
  const signedMs = parseTimestamp(timestamp)
  const now = formatTimestamp(nowMs)
  const earliest = formatTimestamp(nowMs - SKEW_MS)
  const latest = formatTimestamp(nowMs + SKEW_MS)
  if (signedMs < parseTimestamp(earliest)) {
    throw invalidSignature(
      `Signature expired: ${timestamp} is now earlier than ${earliest} (${now} - 5 min.)`,
    )
  }
  if (signedMs > parseTimestamp(latest)) {
    throw invalidSignature(
      `Signature not yet current: ${timestamp} is still later than ${latest} (${now} + 5 min.)`,
    )
  }
}

// Recording 238: an unknown key and a wrong session token are the same to AWS.
function checkKey(authorization: Authorization, token: string, identity: SigningIdentity): void {
  if (authorization.accessKeyId === identity.accessKeyId && token === (identity.sessionToken ?? '')) return
  throw new BedrockError(
    {
      status: 403,
      type: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    },
    { origin: 'authentication' },
  )
}

// The words as quoted in cllunsford/aws-signing-proxy#25.
function checkService(authorization: Authorization, service: string): void {
  if (authorization.service === service) return
  throw invalidSignature(`Credential should be scoped to correct service: '${service}'. `)
}

// AWS "Common Error Types": IncompleteSignature, 400.
function incomplete(): BedrockError {
  return new BedrockError(
    {
      status: 400,
      type: 'IncompleteSignatureException',
      message: 'The request signature does not conform to AWS standards.',
    },
    { origin: 'authentication' },
  )
}

/** A 403 of the authentication layer, type as in recording 359. */
export function invalidSignature(message: string): BedrockError {
  return new BedrockError(
    { status: 403, type: 'InvalidSignatureException', message },
    { origin: 'authentication' },
  )
}

// The words Bedrock sent in BerriAI/litellm#14763, canonical strings included.
function mismatch(canonical: string, toSign: string): BedrockError {
  return invalidSignature(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
      'and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request ' +
      `should have been\n'${canonical}'\n\nThe String-to-Sign should have been\n'${toSign}'\n`,
  )
}

function canonicalPath(path: string, normalize: boolean): string {
  const segments = (normalize ? normalizePath(path) : path).split('/')
  // Every service but S3 encodes the path as sent a second time: `%3A` becomes `%253A`.
  return segments.map(encodeUri).join('/')
}

function normalizePath(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const trailing = kept.length > 0 && /\/\.{0,2}$/.test(path) ? '/' : ''
  return `/${kept.join('/')}${trailing}`
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  const pairs = query.split('&').map((pair) => {
    const [name = '', value = ''] = splitOnce(pair, '=')
    return [encodeUri(decode(name)), encodeUri(decode(value))] as const
  })
  pairs.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

function canonicalValue(request: SignedRequest, name: string): string {
  const values = request.headers.filter(([header]) => header.toLowerCase() === name).map(([, value]) => value)
  return values.map((value) => value.trim().replace(/\s+/g, ' ')).join(',')
}

function headerValue(request: SignedRequest, name: string): string {
  return request.headers.find(([header]) => header.toLowerCase() === name)?.[1].trim() ?? ''
}

function encodeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function parseTimestamp(timestamp: string): number {
  return Date.parse(timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function formatTimestamp(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/[-:]|\.\d{3}/g, '')
}

// Four HMACs per key and day: the benchmark signs every request with the same one.
const keys = new Map<string, Buffer>()
const KEYS_MAX = 256

function signingKey(scope: Authorization, secretAccessKey: string): Buffer {
  const id = [secretAccessKey, scope.date, scope.region, scope.service].join('/')
  const known = keys.get(id)
  if (known !== undefined) return known
  const parts = [scope.date, scope.region, scope.service, 'aws4_request']
  const key = parts.reduce<Buffer>(
    (secret, part) => hmac(secret, part),
    Buffer.from(`AWS4${secretAccessKey}`),
  )
  if (keys.size >= KEYS_MAX) keys.clear()
  keys.set(id, key)
  return key
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex')
}
