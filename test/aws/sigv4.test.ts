import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createSigner, type SignableRequest, sha256Hex, toAmzDate } from '../../src/aws/sigv4.js'
import { awsDir, skipWithout } from '../shared.js'

const vectorsDir = join(awsDir, 'sigv4')

interface VectorContext {
  credentials: { access_key_id: string; secret_access_key: string; token?: string }
  normalize: boolean
  omit_session_token?: boolean
  region: string
  service: string
  sign_body: boolean
  timestamp: string
}

/** The vector's request.txt: request line, headers (with continuation lines and repeats), body. */
function parseVector(text: string): {
  method: string
  target: string
  headers: [string, string][]
  body: string
} {
  const [head = '', ...bodyParts] = text.split('\n\n')
  const lines = head.split('\n')
  const requestLine = lines.shift() ?? ''
  const headers: [string, string][] = []
  for (const line of lines) {
    const last = headers.at(-1)
    if (/^\s/.test(line) && last) last[1] += `\n${line}`
    else if (line !== '') headers.push([line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)])
  }
  const [method = '', rest = ''] = [
    requestLine.slice(0, requestLine.indexOf(' ')),
    requestLine.slice(requestLine.indexOf(' ') + 1),
  ]
  return { method, target: rest.slice(0, rest.lastIndexOf(' HTTP/')), headers, body: bodyParts.join('\n\n') }
}

test("the signer gives AWS's own signature for every vector that does not rewrite the path", {
  skip: skipWithout(vectorsDir),
}, () => {
  let checked = 0
  for (const name of readdirSync(vectorsDir)) {
    const read = (file: string): string => readFileSync(join(vectorsDir, name, file), 'utf8')
    if (!existsSync(join(vectorsDir, name, 'context.json'))) continue
    const context = JSON.parse(read('context.json')) as VectorContext
    const vector = parseVector(read('request.txt'))
    const [path = '', query = ''] = vector.target.split('?')
    // Dot segments are removed by whoever builds the path; paths of this gateway have none.
    const normalizes = context.normalize && /\/\.{1,2}(\/|$)|\/\//.test(path)
    if (normalizes) continue
    const token = context.credentials.token
    const amzDate = toAmzDate(Date.parse(context.timestamp))
    const payloadHash = sha256Hex(vector.body)
    const headers: [string, string][] = [...vector.headers, ['X-Amz-Date', amzDate]]
    if (token !== undefined && context.omit_session_token !== true)
      headers.push(['X-Amz-Security-Token', token])
    if (context.sign_body) headers.push(['x-amz-content-sha256', payloadHash])
    const request: SignableRequest = {
      method: vector.method,
      path: decodeURI(path),
      query,
      headers,
      payloadHash,
    }
    const signer = createSigner(
      {
        accessKeyId: context.credentials.access_key_id,
        secretAccessKey: context.credentials.secret_access_key,
        sessionToken: token ?? null,
      },
      { region: context.region, service: context.service },
    )
    const authorization = signer.sign(request, amzDate)
    assert.equal(authorization.slice(-64), read('header-signature.txt').trim(), name)
    const signedRequest = read('header-signed-request.txt')
    assert.ok(signedRequest.includes(authorization), `${name}: ${authorization}`)
    checked += 1
  }
  assert.ok(checked >= 28, `${checked} vectors`)
})
