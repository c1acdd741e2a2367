import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { awsDir, skipWithout } from '../shared.js'
import {
  canonicalRequest,
  type SignedRequest,
  type SigningIdentity,
  verifySignature,
} from './sigv4-verifier.js'
import { BedrockError } from './wire-error.js'

const VECTORS = join(awsDir, 'sigv4')
const skip = skipWithout(VECTORS)

interface Context {
  readonly credentials: { access_key_id: string; secret_access_key: string; token?: string }
  readonly normalize: boolean
  readonly service: string
  readonly timestamp: string
}

interface Vector {
  readonly name: string
  readonly request: SignedRequest
  readonly identity: SigningIdentity
  readonly nowMs: number
  readonly normalizePath: boolean
  readonly canonical: string
}

function loadVectors(): readonly Vector[] {
  if (!existsSync(VECTORS)) return []
  return readdirSync(VECTORS).map((name) => {
    const read = (file: string) => readFileSync(join(VECTORS, name, file), 'utf8')
    const context = JSON.parse(read('context.json')) as Context
    return {
      name,
      request: parseRequest(read('header-signed-request.txt')),
      identity: {
        accessKeyId: context.credentials.access_key_id,
        secretAccessKey: context.credentials.secret_access_key,
        sessionToken: context.credentials.token ?? null,
        service: context.service,
      },
      nowMs: Date.parse(context.timestamp),
      normalizePath: context.normalize,
      canonical: read('header-canonical-request.txt'),
    }
  })
}

function parseRequest(text: string): SignedRequest {
  const [head = '', body = ''] = splitAt(text, '\n\n')
  const [line = '', ...lines] = head.replaceAll(/\n[ \t]+/g, ' ').split('\n')
  const headers = lines.map((header) => splitAt(header, ':'))
  const target = line.slice(line.indexOf(' ') + 1, line.lastIndexOf(' '))
  return { method: line.slice(0, line.indexOf(' ')), target, headers, body: Buffer.from(body) }
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}

function refusal(
  vector: Vector,
  change: { request?: Partial<SignedRequest>; identity?: Partial<SigningIdentity>; nowMs?: number },
): BedrockError {
  try {
    verifySignature(
      { ...vector.request, ...change.request },
      { ...vector.identity, ...change.identity },
      {
        nowMs: change.nowMs ?? vector.nowMs,
        normalizePath: vector.normalizePath,
      },
    )
  } catch (error) {
    if (error instanceof BedrockError) return error
    throw error
  }
  throw new assert.AssertionError({ message: 'the signature was accepted' })
}

function vanilla(): Vector {
  const found = loadVectors().find((vector) => vector.name === 'get-vanilla')
  assert(found !== undefined)
  return found
}

test('every signed request of AWS’s test suite is accepted', { skip }, () => {
  const vectors = loadVectors()
  assert(vectors.length >= 38)
  for (const vector of vectors) {
    const authorization = vector.request.headers.find(([name]) => name === 'Authorization')?.[1] ?? ''
    const signedHeaders = (/SignedHeaders=([^,]+)/.exec(authorization)?.[1] ?? '').split(';')
    const canonical = canonicalRequest(vector.request, { signedHeaders, normalizePath: vector.normalizePath })
    assert.equal(canonical, vector.canonical, vector.name)
    const scope = verifySignature(vector.request, vector.identity, vector)
    assert.deepEqual(scope, { region: 'us-east-1' }, vector.name)
  }
})

test('a changed method, path, query, body, header or secret is refused in AWS’s words', { skip }, () => {
  const vector = vanilla()
  const headers = vector.request.headers.map(([name, value]) =>
    name === 'Host' ? ([name, 'example.org'] as const) : ([name, value] as const),
  )
  const changes = [
    { request: { method: 'POST' } },
    { request: { target: '/other' } },
    { request: { target: '/?a=b' } },
    { request: { body: Buffer.from('x') } },
    { request: { headers } },
    { identity: { secretAccessKey: 'other' } },
  ]
  for (const change of changes) {
    const error = refusal(vector, change)
    assert.equal(error.failure.status, 403)
    assert.equal(error.failure.type, 'InvalidSignatureException')
    assert.match(
      error.message,
      /^The request signature we calculated does not match the signature you provided\./,
    )
  }
})

test('a signature older or younger than five minutes is refused with both dates, as in recording 359', {
  skip,
}, () => {
  const vector = vanilla()
  const late = refusal(vector, { nowMs: vector.nowMs + 301_000 })
  assert.equal(
    late.message,
    'Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)',
  )
  const early = refusal(vector, { nowMs: vector.nowMs - 301_000 })
  assert.equal(
    early.message,
    'Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)',
  )
})

test('an unknown key and a wrong session token are unrecognized clients, as in recording 238', {
  skip,
}, () => {
  for (const identity of [{ accessKeyId: 'AKIDOTHER' }, { sessionToken: 'needed' }]) {
    const error = refusal(vanilla(), { identity })
    assert.equal(error.failure.type, 'UnrecognizedClientException')
    assert.equal(error.message, 'The security token included in the request is invalid.')
  }
})

test('another service and a malformed header are refused', { skip }, () => {
  assert.match(
    refusal(vanilla(), { identity: { service: 'bedrock' } }).message,
    /scoped to correct service: 'bedrock'/,
  )
  const headers = [['Authorization', 'AWS4-HMAC-SHA256 nonsense']] as const
  assert.equal(refusal(vanilla(), { request: { headers } }).failure.type, 'IncompleteSignatureException')
})
