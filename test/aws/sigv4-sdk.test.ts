import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { type Credentials, createSigner, encodeRfc3986, sha256Hex, toAmzDate } from '../../src/aws/sigv4.js'

/** AWS's own example credentials. */
const LONG_LIVED: Credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
}
const TEMPORARY: Credentials = { ...LONG_LIVED, sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVz+/=' }

const MODEL_IDS = [
  'anthropic.claude-3-haiku-20240307-v1:0',
  'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'amazon.titan-text-express-v1',
  'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl',
  'arn:aws:sagemaker:us-east-1:123456789012:endpoint/name_with-all.of~it',
] as const

const NOW_MS = Date.UTC(2026, 2, 1, 23, 59, 58, 999)

// The SDK takes no clock: it signs with Date.
beforeEach(() => mock.timers.enable({ apis: ['Date'], now: NOW_MS }))
afterEach(() => mock.timers.reset())

interface SignedBySdk {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

test("the signer gives the SDK's own signature of a request, for every operation, kind of id and credentials", async () => {
  for (const credentials of [LONG_LIVED, TEMPORARY]) {
    for (const modelId of MODEL_IDS) {
      for (const operation of ['converse', 'converse-stream', 'invoke'] as const) {
        const sdk = await signWithSdk({ credentials, modelId, operation })
        const label = `${operation} ${modelId} ${credentials.sessionToken === null ? 'without' : 'with'} token`
        assert.equal(sdk.path, `/model/${encodeRfc3986(modelId)}/${operation}`, label)
        assert.equal(sdk.headers['x-amz-date'], toAmzDate(NOW_MS), label)
        assert.equal(sdk.headers['x-amz-security-token'], credentials.sessionToken ?? undefined, label)
        assert.equal(signAsSdk(sdk, credentials), sdk.headers['authorization'], label)
      }
    }
  }
})

test('a signature that covers anything else is another one', async () => {
  const sdk = await signWithSdk({ credentials: TEMPORARY, modelId: MODEL_IDS[0], operation: 'converse' })
  const good = sdk.headers['authorization']
  const others: readonly [string, SignedBySdk][] = [
    ['method', { ...sdk, method: 'PUT' }],
    ['path', { ...sdk, path: `${sdk.path}-stream` }],
    ['once-encoded path', { ...sdk, path: sdk.path.replace('%3A', ':') }],
    ['body', { ...sdk, body: `${sdk.body} ` }],
    ['header', { ...sdk, headers: { ...sdk.headers, host: 'elsewhere' } }],
  ]
  for (const [what, request] of others) assert.notEqual(signAsSdk(request, TEMPORARY), good, what)
})

test('the signing key follows the day across midnight, and back', async () => {
  const signer = createSigner(LONG_LIVED, { region: 'us-east-1', service: 'bedrock' })
  for (const nowMs of [NOW_MS, NOW_MS + 2_000, NOW_MS + 86_400_000, NOW_MS]) {
    const amzDate = toAmzDate(nowMs)
    const request = requestAt(amzDate)
    const fresh = createSigner(LONG_LIVED, { region: 'us-east-1', service: 'bedrock' })
    assert.equal(signer.sign(request, amzDate), fresh.sign(request, amzDate), amzDate)
    assert.ok(
      signer.sign(request, amzDate).includes(`/${amzDate.slice(0, 8)}/us-east-1/bedrock/aws4_request`),
    )
  }
  mock.timers.setTime(NOW_MS + 2_000)
  const sdk = await signWithSdk({
    credentials: LONG_LIVED,
    modelId: MODEL_IDS[0],
    operation: 'converse',
  })
  const amzDate = sdk.headers['x-amz-date'] ?? ''
  assert.equal(amzDate, '20260302T000000Z')
  // A key from the day before is in the signer's memory now.
  signer.sign(requestAt(toAmzDate(NOW_MS)), toAmzDate(NOW_MS))
  assert.equal(signer.sign(toSignable(sdk), amzDate), sdk.headers['authorization'])
})

test('other credentials, another region and another service each give another signature', () => {
  const amzDate = toAmzDate(NOW_MS)
  const scope = { region: 'us-east-1', service: 'bedrock' }
  const signatures = [
    createSigner(LONG_LIVED, scope),
    createSigner({ ...LONG_LIVED, secretAccessKey: 'another' }, scope),
    createSigner(LONG_LIVED, { ...scope, region: 'eu-west-1' }),
    createSigner(LONG_LIVED, { ...scope, service: 'sts' }),
  ].map((signer) => signer.sign(requestAt(amzDate), amzDate).slice(-64))
  assert.equal(new Set(signatures).size, signatures.length)
})

/** Signs what the SDK signed: the same headers, by its own SignedHeaders list. */
function signAsSdk(request: SignedBySdk, credentials: Credentials): string {
  const signer = createSigner(credentials, { region: 'us-east-1', service: 'bedrock' })
  return signer.sign(toSignable(request), request.headers['x-amz-date'] ?? '')
}

function toSignable({ method, path, headers, body }: SignedBySdk) {
  const signed = /SignedHeaders=([^,]+)/.exec(headers['authorization'] ?? '')?.[1]?.split(';') ?? []
  return {
    method,
    path,
    query: '',
    headers: signed.map((name) => [name, headers[name] ?? ''] as const),
    payloadHash: sha256Hex(body),
  }
}

function requestAt(amzDate: string) {
  return {
    method: 'POST',
    path: '/model/m/converse',
    query: '',
    headers: [['host', 'example.com'] as const, ['x-amz-date', amzDate] as const],
    payloadHash: sha256Hex('{}'),
  }
}

/** The request as the SDK would put it on the wire, and no further: nothing is sent. */
async function signWithSdk(options: {
  readonly credentials: Credentials
  readonly modelId: string
  readonly operation: 'converse' | 'converse-stream' | 'invoke'
}): Promise<SignedBySdk> {
  const { accessKeyId, secretAccessKey, sessionToken } = options.credentials
  let captured: SignedBySdk | null = null
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) },
    authSchemePreference: ['sigv4'],
    maxAttempts: 1,
    requestHandler: {
      handle: async (request: SignedBySdk) => {
        captured = { ...request, body: Buffer.from(request.body).toString() }
        throw new Captured()
      },
    },
  })
  const { modelId, operation } = options
  const messages = [{ role: 'user' as const, content: [{ text: 'Hi ünïcode' }] }]
  const commands = {
    converse: new ConverseCommand({ modelId, messages }),
    'converse-stream': new ConverseStreamCommand({ modelId, messages }),
    invoke: new InvokeModelCommand({
      modelId,
      body: '{"prompt":"ünïcode"}',
      contentType: 'application/json',
    }),
  }
  await assert.rejects(client.send(commands[operation] as ConverseCommand), Captured)
  assert(captured !== null)
  return captured as SignedBySdk
}

class Captured extends Error {}
