import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import type { RegionAccess } from '../../src/aws/access.js'
import { type BedrockRequest, createBedrockClient } from '../../src/aws/bedrock-client.js'
import { GatewayError } from '../../src/errors.js'
import { verifySignature } from '../emulator/sigv4-verifier.js'
import { type Arrival, createWireClient, sendAndHear, startWire } from './wire.js'

interface Seen {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** A client and a server in the place of AWS; what it is asked is checked for its signature and kept. */
async function withEndpoint(
  answer: (seen: Seen, response: Arrival['response']) => void,
  run: (
    send: (more: Partial<BedrockRequest>) => ReturnType<typeof sendAndHear>,
    seen: readonly Seen[],
  ) => Promise<void>,
  service = 'bedrock-mantle',
): Promise<void> {
  const seen: Seen[] = []
  const wire = await startWire(({ request, response }) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const one = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) }
      seen.push(one)
      verify(request, one.body, service)
      answer(one, response)
    })
  })
  const { client, close } = await createWireClient({ url: wire.url })
  try {
    await run((more) => sendAndHear(client, more), seen)
  } finally {
    await close()
    await wire.close()
  }
}

/** With the emulator's own reading of the rules, not ours. */
function verify(request: IncomingMessage, body: Buffer, service: string): void {
  const { rawHeaders } = request
  const headers = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : [],
  )
  const identity = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    sessionToken: null,
    service,
  }
  const { region } = verifySignature(
    { method: request.method ?? '', target: request.url ?? '', headers, body },
    identity,
    { nowMs: Date.now() },
  )
  assert.equal(region, 'us-east-1')
}

const on = (id: string, dialect: BedrockRequest['target']['dialect']): Pick<BedrockRequest, 'target'> => ({
  target: { id, region: 'us-east-1', dialect, kind: 'chat', foundationId: null },
})
const STREAM = { 'content-type': 'text/event-stream; charset=utf-8', 'x-amzn-requestid': 'request-1' }
const JSON_TYPE = { 'content-type': 'application/json' }

for (const [id, path] of [
  ['openai.gpt-oss-120b', '/v1/chat/completions'],
  ['qwen.qwen3-32b', '/v1/chat/completions'],
  ['xai.grok-4.3', '/openai/v1/chat/completions'],
  ['google.gemma-4-31b', '/openai/v1/chat/completions'],
] as const) {
  test(`${id} is asked on bedrock-mantle at ${path}, signed for that service`, async () => {
    await withEndpoint(
      (_seen, response) => response.writeHead(200, STREAM).end('data: [DONE]\n\n'),
      async (send, seen) => {
        const heard = await send({ ...on(id, 'openai-mantle'), stream: true })
        assert.deepEqual(heard.calls, ['headers', 'data', 'end'])
        assert.equal(heard.requestId, 'request-1')
        assert.deepEqual(
          seen.map((one) => one.path),
          [path],
        )
      },
    )
  })
}

test('the runtime host is asked at /openai/v1, signed for bedrock, with the headers that were given', async () => {
  await withEndpoint(
    (_seen, response) => response.writeHead(200, JSON_TYPE).end('{}'),
    async (send, seen) => {
      const headers = { 'x-amzn-bedrock-guardrailidentifier': 'gr-1' }
      const heard = await send({ ...on('openai.gpt-oss-120b-1:0', 'openai-runtime'), headers })
      assert.deepEqual(heard.calls, ['headers', 'data', 'end'])
      assert.equal(seen[0]?.path, '/openai/v1/chat/completions')
      assert.equal(seen[0]?.headers['x-amzn-bedrock-guardrailidentifier'], 'gr-1')
      assert.match(
        seen[0]?.headers.authorization ?? '',
        /SignedHeaders=[^,]*x-amzn-bedrock-guardrailidentifier/,
      )
    },
    'bedrock',
  )
})

for (const [dialect, status] of [
  ['openai-runtime', 200],
  ['converse', 200],
] as const) {
  test(`a stream of ${dialect} that comes as JSON with status ${status} is a failure, not a reply`, async () => {
    const body = '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}'
    await withEndpoint(
      (_seen, response) => response.writeHead(status, JSON_TYPE).end(body),
      async (send) => {
        const heard = await send({ ...on('openai.gpt-oss-120b-1:0', dialect), stream: true })
        assert.deepEqual(heard.calls, ['error'])
        assert.equal(heard.error?.code, 'upstream_error')
        assert.match(heard.error?.message ?? '', /UnknownOperationException/)
        assert.equal(heard.error?.upstream?.type, 'UnknownOperationException')
      },
      'bedrock',
    )
  })
}

/** A bedrock-mantle that has every model under one path only. */
function onlyAt(path: string): (seen: Seen, response: Arrival['response']) => void {
  return (seen, response) => {
    if (seen.path === `${path}/chat/completions`) {
      response.writeHead(200, STREAM).end('data: [DONE]\n\n')
      return
    }
    const message = "model `new.model` isn't supported on this route"
    const error = { code: 'validation_error', message, param: null, type: 'invalid_request_error' }
    response.writeHead(400, JSON_TYPE).end(JSON.stringify({ error }))
  }
}

test('a model under the other path is found there, and the next time at once', async () => {
  await withEndpoint(onlyAt('/openai/v1'), async (send, seen) => {
    const request = { ...on('new.model', 'openai-mantle'), stream: true }
    assert.deepEqual((await send(request)).calls, ['headers', 'data', 'end'])
    assert.deepEqual((await send(request)).calls, ['headers', 'data', 'end'])
    assert.deepEqual(
      seen.map(({ path }) => path),
      ['/v1/chat/completions', '/openai/v1/chat/completions', '/openai/v1/chat/completions'],
    )
    assert.deepEqual(seen[0]?.body, seen[1]?.body)
  })
})

test('a model under neither path is refused in the words of AWS, and not looked for on and on', async () => {
  await withEndpoint(onlyAt('/nowhere'), async (send, seen) => {
    const heard = await send({ ...on('new.model', 'openai-mantle'), stream: true })
    assert.deepEqual(heard.calls, ['error'])
    assert.equal(heard.error?.code, 'invalid_request')
    assert.match(heard.error?.message ?? '', /isn't supported on this route/)
    assert.equal(seen.length, 2)
  })
})

test('credentials that are gone when a call is sent under the other path fail that call, not the process', async () => {
  const wire = await startWire(({ request, response }) => {
    request
      .resume()
      .on('end', () =>
        onlyAt('/nowhere')({ path: request.url ?? '', headers: {}, body: Buffer.alloc(0) }, response),
      )
  })
  const gone = new GatewayError('aws_credentials', 'The gateway has no AWS credentials.')
  let asked = 0
  const forRegion = (): RegionAccess => {
    asked += 1
    if (asked > 1) throw gone
    return { endpoint: wire.url, auth: { type: 'bearer', header: 'Bearer token' } }
  }
  const client = createBedrockClient({ access: { forRegion, refused: () => {} }, now: Date.now })
  try {
    const heard = await sendAndHear(client, { ...on('new.model', 'openai-mantle'), stream: true })
    assert.deepEqual([heard.calls, heard.error], [['error'], gone])
  } finally {
    await client.close()
    await wire.close()
  }
})

for (const [status, code] of [
  [400, 'invalid_request'],
  [401, 'aws_credentials'],
  [403, 'access_denied'],
  [404, 'model_not_found'],
  [429, 'rate_limit_exceeded'],
  [503, 'upstream_unavailable'],
] as const) {
  test(`status ${status} in OpenAI's shape is ${code}, its words kept`, async () => {
    const error = { message: 'Said so.', type: 'invalid_request_error', code: null }
    await withEndpoint(
      (_seen, response) => response.writeHead(status, JSON_TYPE).end(JSON.stringify({ error })),
      async (send) => {
        const heard = await send({ ...on('openai.gpt-oss-120b', 'openai-mantle'), stream: true })
        assert.equal(heard.error?.code, code)
        assert.match(heard.error?.message ?? '', /Said so\./)
      },
    )
  })
}
