import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import {
  GetInferenceProfileCommand,
  ListFoundationModelsCommand,
  ListInferenceProfilesCommand,
  paginateListInferenceProfiles,
} from '@aws-sdk/client-bedrock'
import {
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  CountTokensCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { buildCatalogue } from './catalogue.js'
import { type Emulator, startEmulator } from './emulator.js'
import { controlClient, runtimeClient } from './sdk-clients.js'

const HAIKU_3 = 'anthropic.claude-3-haiku-20240307-v1:0'
let emulator: Emulator

before(async () => {
  emulator = await startEmulator({ regions: ['us-east-1', 'eu-central-1'] })
})
afterEach(() => emulator.reset())
after(() => emulator.close())

function chat(text: string, more: Partial<ConverseCommandInput> = {}): ConverseCommandInput {
  return { modelId: HAIKU_3, messages: [{ role: 'user', content: [{ text }] }], ...more }
}

interface Refusal {
  readonly name: string
  readonly status: number | undefined
  readonly message: string
}

async function refusal(sent: Promise<unknown>): Promise<Refusal> {
  try {
    await sent
  } catch (error) {
    assert(error instanceof Error)
    const metadata = (error as { $metadata?: { httpStatusCode?: number } }).$metadata
    return { name: error.name, status: metadata?.httpStatusCode, message: error.message }
  }
  throw new assert.AssertionError({ message: 'the call succeeded' })
}

async function streamEvents(input: ConverseCommandInput): Promise<object[]> {
  const reply = await runtimeClient(emulator).send(new ConverseStreamCommand(input))
  const events: object[] = []
  for await (const event of reply.stream ?? []) events.push(event)
  return events
}

test('Converse: the SDK gets an echo of the last user text, with stop reason, usage and request id', async () => {
  const reply = await runtimeClient(emulator).send(new ConverseCommand(chat('Good morning, world')))
  assert.deepEqual(reply.output?.message, {
    role: 'assistant',
    content: [{ text: 'You said: Good morning, world' }],
  })
  assert.equal(reply.stopReason, 'end_turn')
  assert.equal(reply.usage?.outputTokens, 5)
  assert.match(reply.$metadata.requestId ?? '', /^[0-9a-f-]{36}$/)
  const seen = emulator.requests.at(-1)
  assert.equal(seen?.operation, 'Converse')
  assert.equal(seen?.modelId, HAIKU_3)
  assert.equal(seen?.region, 'us-east-1')
})

test('ConverseStream: events come in the recorded order, without contentBlockStart for text', async () => {
  const events = await streamEvents(chat('one two'))
  assert.deepEqual(
    events.map((event) => Object.keys(event)[0]),
    [
      'messageStart',
      ...Array<string>(4).fill('contentBlockDelta'),
      'contentBlockStop',
      'messageStop',
      'metadata',
    ],
  )
  const texts = events.map(
    (event) =>
      (event as { contentBlockDelta?: { delta?: { text?: string } } }).contentBlockDelta?.delta?.text ?? '',
  )
  assert.equal(texts.join(''), 'You said: one two')
})

test('ConverseStream: chunks, empty deltas, stop reason and usage are what the behaviour says', async () => {
  const usage = { inputTokens: 7, outputTokens: 8, totalTokens: 115, cacheReadInputTokens: 100 }
  emulator.set({ chunks: ['a', 'b'], emptyTextDeltas: 2, stopReason: 'content_filtered', usage })
  const events = (await streamEvents(chat('x'))) as Record<string, Record<string, unknown>>[]
  assert.deepEqual(
    events.flatMap((event) => event['contentBlockDelta']?.['delta'] ?? []),
    [{ text: '' }, { text: '' }, { text: 'a' }, { text: 'b' }],
  )
  assert.equal(events.at(-2)?.['messageStop']?.['stopReason'], 'content_filtered')
  assert.deepEqual(events.at(-1)?.['metadata']?.['usage'], usage)
})

test('maxTokens and stop sequences end an answer as the service model says', async () => {
  const limited = await runtimeClient(emulator).send(
    new ConverseCommand(chat('a b c', { inferenceConfig: { maxTokens: 3 } })),
  )
  assert.deepEqual(
    [limited.stopReason, limited.output?.message?.content],
    ['max_tokens', [{ text: 'You said: a ' }]],
  )
  const stopped = await runtimeClient(emulator).send(
    new ConverseCommand(chat('a STOP b', { inferenceConfig: { stopSequences: ['STOP'] } })),
  )
  assert.deepEqual(
    [stopped.stopReason, stopped.output?.message?.content],
    ['stop_sequence', [{ text: 'You said: a ' }]],
  )
})

test('each error reply reaches the SDK with the recorded name, status and words', async () => {
  const client = runtimeClient(emulator)
  const converse = (input: ConverseCommandInput) => refusal(client.send(new ConverseCommand(input)))
  // Recording 41.
  assert.deepEqual(await converse(chat('x', { modelId: 'invalid-model-id' })), {
    name: 'ValidationException',
    status: 400,
    message: 'The provided model identifier is invalid.',
  })
  // Recording 13.
  assert.deepEqual(await converse(chat('x', { modelId: 'anthropic.claude-3-5-sonnet-20240620-v1:0' })), {
    name: 'ResourceNotFoundException',
    status: 404,
    message:
      'This model version has reached the end of its life. Please refer to the AWS documentation for more details.',
  })
  assert.match((await converse(chat(' '))).message, /is blank/)
  emulator.set({ throttle: true })
  assert.deepEqual(await converse(chat('x')), {
    name: 'ThrottlingException',
    status: 429,
    message: 'Too many tokens, please wait before trying again.',
  })
  // Recordings 63 and 960.
  const failures = [
    {
      status: 403,
      type: 'AccessDeniedException',
      message: "You don't have access to the model with the specified model ID.",
    },
    {
      status: 503,
      type: 'ServiceUnavailableException',
      message: 'Model is getting throttled. Try your request again.',
    },
    {
      status: 500,
      type: 'InternalServerException',
      message: 'The system encountered an unexpected error during processing. Try your request again.',
    },
  ]
  for (const failWith of failures) {
    emulator.set({ throttle: false, failWith })
    const { status, type: name, message } = failWith
    assert.deepEqual(await converse(chat('x')), { name, status, message })
  }
})

test('one member can be refused in the words of a model that does not take it; the rest goes through', async () => {
  const message = "This model doesn't support the topP field. Remove topP and try again."
  const failWith = { status: 400, type: 'ValidationException', message }
  emulator.set({ refuseMember: { path: 'inferenceConfig.topP', failWith } })
  const { status, type: name } = failWith
  assert.deepEqual(
    await refusal(
      runtimeClient(emulator).send(new ConverseCommand(chat('x', { inferenceConfig: { topP: 0 } }))),
    ),
    {
      name,
      status,
      message,
    },
  )
  const sent = new ConverseCommand(chat('x', { inferenceConfig: { maxTokens: 5 } }))
  assert.equal((await runtimeClient(emulator).send(sent)).stopReason, 'end_turn')
})

test('wrong keys, secrets, regions and bearer tokens are refused; the right bearer token is accepted', async () => {
  const send = (options: object) =>
    runtimeClient({ url: emulator.url, ...options }).send(new ConverseCommand(chat('x')))
  const unknownKey = await refusal(send({ accessKeyId: 'AKIDOTHER' }))
  assert.deepEqual(unknownKey, {
    name: 'UnrecognizedClientException',
    status: 403,
    message: 'The security token included in the request is invalid.',
  })
  assert.equal((await refusal(send({ secretAccessKey: 'other' }))).name, 'InvalidSignatureException')
  assert.match((await refusal(send({ region: 'mars-north-1' }))).message, /valid region, not 'mars-north-1'/)
  assert.match((await refusal(send({ bearerToken: 'wrong' }))).message, /make sure your API Key is valid/)
  assert.equal((await send({ bearerToken: 'bedrock-test-token' })).stopReason, 'end_turn')
})

test('an SDK whose clock is an hour off gets "Signature expired"', async () => {
  const late = await startEmulator({ clock: () => Date.now() + 3_600_000 })
  try {
    const error = await refusal(runtimeClient(late).send(new ConverseCommand(chat('x'))))
    assert.equal(error.name, 'InvalidSignatureException')
    assert.match(error.message, /^Signature expired: \d{8}T\d{6}Z is now earlier than .* - 5 min\.\)$/)
  } finally {
    await late.close()
  }
})

test('ListFoundationModels: the region’s rows, whole and filtered', async () => {
  const client = controlClient({ url: emulator.url, region: 'eu-central-1' })
  const ids = async (filter: object) =>
    (await client.send(new ListFoundationModelsCommand(filter))).modelSummaries?.map(
      (row) => row.modelId ?? '',
    ) ?? []
  const { models } = buildCatalogue('eu-central-1')
  assert.deepEqual(
    await ids({}),
    models.map((row) => row.modelId),
  )
  assert((await ids({ byProvider: 'Anthropic' })).every((id) => id.startsWith('anthropic.')))
  assert.deepEqual(await ids({ byOutputModality: 'EMBEDDING', byInferenceType: 'ON_DEMAND' }), [
    'amazon.titan-embed-text-v1',
    'amazon.titan-embed-text-v2:0',
    'amazon.titan-embed-image-v1',
    'amazon.nova-2-multimodal-embeddings-v1:0',
    'cohere.embed-english-v3',
    'cohere.embed-multilingual-v3',
    'cohere.embed-v4:0',
  ])
  const wrong = await refusal(
    client.send(new ListFoundationModelsCommand({ byOutputModality: 'SMELL' as never })),
  )
  assert.equal(wrong.name, 'ValidationException')
})

test('ListInferenceProfiles: pages add up to the whole list, by type', async () => {
  const client = controlClient(emulator)
  emulator.set({ control: [{ pageSize: 4 }] })
  const rows = []
  let pages = 0
  for await (const page of paginateListInferenceProfiles({ client }, { maxResults: 100 })) {
    pages += 1
    rows.push(...(page.inferenceProfileSummaries ?? []))
  }
  const { profiles } = buildCatalogue('us-east-1')
  assert.equal(pages, Math.ceil(profiles.length / 4))
  assert.deepEqual(
    rows.map((row) => row.inferenceProfileArn),
    profiles.map((row) => row.inferenceProfileArn),
  )
  const applications = await client.send(new ListInferenceProfilesCommand({ typeEquals: 'APPLICATION' }))
  assert.deepEqual(
    applications.inferenceProfileSummaries?.map((row) => row.inferenceProfileId),
    ['a1b2c3d4e5f6', 'f6e5d4c3b2a1'],
  )
})

test('GetInferenceProfile: by id and by ARN; unknown is 404', async () => {
  const client = controlClient(emulator)
  const get = (id: string) => client.send(new GetInferenceProfileCommand({ inferenceProfileIdentifier: id }))
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6'
  assert.equal((await get(arn)).inferenceProfileName, 'team-research')
  assert.equal((await get('us.amazon.nova-pro-v1:0')).type, 'SYSTEM_DEFINED')
  assert.equal((await refusal(get('us.nothing'))).name, 'ResourceNotFoundException')
})

test('CountTokens: bare Claude ids count, profile ids are refused as in recording 730', async () => {
  const client = runtimeClient(emulator)
  const input = { converse: { messages: chat('one two').messages } }
  const counted = await client.send(new CountTokensCommand({ modelId: HAIKU_3, input }))
  assert((counted.inputTokens ?? 0) > 0)
  const modelId = 'us.anthropic.claude-sonnet-4-20250514-v1:0'
  assert.deepEqual(await refusal(client.send(new CountTokensCommand({ modelId, input }))), {
    name: 'ValidationException',
    status: 400,
    message: "The provided model doesn't support counting tokens.",
  })
})

test('control-plane faults hold for their operation and region only', async () => {
  const failWith = { status: 500, type: 'InternalServerException', message: 'broken' }
  emulator.set({
    control: [
      { region: 'eu-central-1', operation: 'ListFoundationModels', failWith },
      { denyProfileTypes: ['APPLICATION'] },
      { region: 'us-east-1', dropModels: 0.5 },
    ],
  })
  const european = controlClient({ url: emulator.url, region: 'eu-central-1' })
  const american = controlClient(emulator)
  assert.equal(
    (await refusal(european.send(new ListFoundationModelsCommand({})))).name,
    'InternalServerException',
  )
  const half = (await american.send(new ListFoundationModelsCommand({}))).modelSummaries ?? []
  assert.equal(half.length, Math.round(buildCatalogue('us-east-1').models.length / 2))
  const denied = await refusal(american.send(new ListInferenceProfilesCommand({ typeEquals: 'APPLICATION' })))
  assert.equal(denied.name, 'AccessDeniedException')
  assert.match(denied.message, /is not authorized to perform: bedrock:ListInferenceProfiles/)
  const system = await european.send(new ListInferenceProfilesCommand({ typeEquals: 'SYSTEM_DEFINED' }))
  assert((system.inferenceProfileSummaries ?? []).length > 0)
  emulator.set({ control: [{ listNothing: true }] })
  assert.deepEqual((await american.send(new ListFoundationModelsCommand({}))).modelSummaries, [])
})

test('an exception frame reaches the SDK as the exception it names', async () => {
  const types = [
    'internalServerException',
    'modelStreamErrorException',
    'validationException',
    'throttlingException',
    'serviceUnavailableException',
  ] as const
  for (const type of types) {
    emulator.set({ exception: { afterFrames: 2, type, message: 'it broke' } })
    const error = await refusal(streamEvents(chat('one two')))
    assert.equal(error.name.toLowerCase(), type.toLowerCase())
    assert.equal(error.message, 'it broke')
  }
})

test('a corrupt CRC fails in the SDK’s decoder', async () => {
  emulator.set({ corruptCrcAtFrame: 2 })
  assert.match((await refusal(streamEvents(chat('one two')))).message, /checksum/)
})
