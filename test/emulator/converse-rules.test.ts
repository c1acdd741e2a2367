import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { awsDir, recordingsDir, skipWithout } from '../shared.js'
import { buildCatalogue, type ModelRow } from './catalogue.js'
import { parseConverse } from './converse-request.js'
import { checkConverse } from './converse-rules.js'
import { resolveModel } from './model-access.js'
import { loadRequestChecker } from './service-model.js'
import { BedrockError } from './wire-error.js'

const SERVICE_MODEL = join(awsDir, 'bedrock-runtime.service-2.json')
const skipRecordings = skipWithout(recordingsDir) || skipWithout(SERVICE_MODEL)

// Bedrock accepted these (192 with a 200 and a refusal in its stream); the emulator refuses them on purpose, because it refused the same of others (bedrock-facts C6).
const STRICTER_THAN_RECORDED: Readonly<Record<number, RegExp>> = {
  49: /was specified using the image\/jpeg media type/,
  192: /does not match the expected type/,
  734: /must start with a user message/,
  746: /is blank/,
  747: /is blank/,
  993: /must alternate/,
  994: /must alternate/,
}

interface Recording {
  readonly id: number
  readonly operation: string
  readonly modelId: string
  readonly request: { readonly json?: unknown }
  readonly response: { readonly status: number }
}

function recordedChats(): readonly Recording[] {
  if (!existsSync(recordingsDir)) return []
  const files = readdirSync(recordingsDir).filter((name) => /^\d+\.json$/.test(name))
  return files
    .map((name) => JSON.parse(readFileSync(join(recordingsDir, name), 'utf8')) as Recording)
    .filter(({ operation }) => operation === 'Converse' || operation === 'ConverseStream')
    .filter(({ response }) => response.status === 200)
}

function model(modelId: string): ModelRow {
  return { modelId, modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${modelId}` }
}

// The rules see foundation ids: a profile id is a prefix and the model's id, an ARN ends in one of the two.
function foundationId(modelId: string): string {
  return modelId.replace(/^arn:.*\//, '').replace(/^(?:us|eu|apac|jp|au|ca|global)\./, '')
}

function refusal(check: () => void): BedrockError | null {
  try {
    check()
    return null
  } catch (error) {
    if (error instanceof BedrockError) return error
    throw error
  }
}

test('every request that Bedrock answered with 200 passes the checks, but for those listed', {
  skip: skipRecordings,
}, () => {
  const checker = loadRequestChecker(SERVICE_MODEL)
  assert(checker !== null)
  const recordings = recordedChats()
  assert(recordings.length > 300)
  const refused = recordings.flatMap((recording) => {
    const error = refusal(() => {
      checker.check(recording.operation, { modelId: recording.modelId, body: recording.request.json })
      checkConverse(parseConverse(recording.request.json), model(foundationId(recording.modelId)), {
        streams: recording.operation === 'ConverseStream',
      })
    })
    return error === null
      ? []
      : [{ id: recording.id, message: `${error.message} ${String(error.cause ?? '')}` }]
  })
  assert.deepEqual(
    refused.map(({ id }) => id),
    Object.keys(STRICTER_THAN_RECORDED).map(Number),
    JSON.stringify(refused, null, 1),
  )
  for (const { id, message } of refused) assert.match(message, STRICTER_THAN_RECORDED[id] ?? /^$/)
})

const user = (...content: unknown[]) => ({ role: 'user', content })
const assistant = (...content: unknown[]) => ({ role: 'assistant', content })
const hello = { text: 'Hello' }
const toolUse = (toolUseId: string) => ({ toolUse: { toolUseId, name: 'ping', input: {} } })
const toolResult = (toolUseId: string) => ({ toolResult: { toolUseId, content: [{ text: 'pong' }] } })
const toolConfig = { tools: [{ toolSpec: { name: 'ping', inputSchema: { json: {} } } }] }
const HAIKU_3 = 'anthropic.claude-3-haiku-20240307-v1:0'
const SONNET_4_5 = 'anthropic.claude-sonnet-4-5-20250929-v1:0'

const REFUSED: readonly { name: string; body: unknown; modelId?: string; message: string }[] = [
  {
    name: 'an empty text',
    body: { messages: [user(hello), assistant({ text: '' }), user(hello)] },
    message:
      'The text field in the ContentBlock object at messages.1.content.0 is blank. Add text to the text field, and try again.',
  },
  {
    name: 'a text of blanks',
    body: { messages: [user(hello, { text: ' \n\t' })] },
    message:
      'The text field in the ContentBlock object at messages.0.content.1 is blank. Add text to the text field, and try again.',
  },
  {
    name: 'an empty content',
    body: { messages: [user()] },
    message:
      'The content field in the Message object at messages.0 is empty. Add a ContentBlock object to the content field and try again.',
  },
  {
    name: 'an empty system text',
    body: { messages: [user(hello)], system: [{ text: '' }] },
    message:
      "1 validation error detected: Value '' at 'system.1.member.text' failed to satisfy constraint: Member must have length greater than or equal to 1",
  },
  {
    name: 'system text for Titan Text',
    body: { messages: [user(hello)], system: [hello] },
    modelId: 'amazon.titan-text-express-v1',
    message:
      "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
  },
  {
    name: 'a conversation without messages',
    body: { messages: [] },
    message:
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
  },
  {
    name: 'a conversation that starts with the assistant',
    body: { messages: [assistant(hello), user(hello)] },
    message:
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
  },
  {
    name: 'two user messages in a row',
    body: { messages: [user(hello), user(hello)] },
    message:
      'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
  },
  {
    name: 'tool blocks without toolConfig',
    body: { messages: [user(hello), assistant(toolUse('a')), user(toolResult('a'))] },
    message: 'The toolConfig field must be defined when using toolUse and toolResult content blocks.',
  },
  {
    name: 'tool uses without their results',
    body: {
      messages: [user(hello), assistant(toolUse('a'), toolUse('b'), toolUse('c')), user(toolResult('b'))],
      toolConfig,
    },
    message: 'Expected toolResult blocks at messages.2.content for the following Ids: a, c',
  },
  {
    name: 'tool results without a tool use',
    body: { messages: [user(hello), assistant(hello), user(toolResult('a'))], toolConfig },
    message:
      'The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn.',
  },
  {
    name: 'a document without text',
    body: { messages: [user({ document: { name: 'a', source: { text: 'b' } } })] },
    message: 'A text block must be included when using documents.',
  },
  {
    name: 'temperature with top_p on Claude 4.5',
    body: { messages: [user(hello)], inferenceConfig: { temperature: 0.5, topP: 0.5 } },
    modelId: SONNET_4_5,
    message:
      'The model returned the following errors: `temperature` and `top_p` cannot both be specified for this model. Please use only one.',
  },
  {
    name: 'an S3 location on Claude (recording 876)',
    body: {
      messages: [
        user(hello, { image: { format: 'png', source: { s3Location: { uri: 's3://bucket/key' } } } }),
      ],
    },
    message: "This model doesn't support the s3Uri field. Remove s3Uri and try again.",
  },
  {
    name: 'a video on Claude (recording 880)',
    body: { messages: [user(hello, { video: { format: 'mp4', source: { bytes: 'AAAA' } } })] },
    message:
      "This model doesn't support the video content block that you provided. Update the content block and try again.",
  },
]

for (const { name, body, modelId, message } of REFUSED) {
  test(`checkConverse: ${name} is refused in Bedrock’s words`, () => {
    const error = refusal(() => checkConverse(parseConverse(body), model(modelId ?? HAIKU_3)))
    assert.deepEqual(error?.failure, { status: 400, type: 'ValidationException', message })
  })
}

test('checkConverse: temperature with top_p passes on Claude 3 and Nova, also with tools that pair up', () => {
  const body = {
    messages: [user(hello), assistant(toolUse('a'), toolUse('b')), user(toolResult('b'), toolResult('a'))],
    inferenceConfig: { temperature: 0.5, topP: 0.5 },
    toolConfig,
  }
  for (const modelId of [HAIKU_3, 'anthropic.claude-sonnet-4-20250514-v1:0', 'amazon.nova-lite-v1:0']) {
    assert.equal(
      refusal(() => checkConverse(parseConverse(body), model(modelId))),
      null,
      modelId,
    )
  }
})

test('checkConverse: embedding, image and rerank models are no chat models', () => {
  const { models } = buildCatalogue('us-east-1')
  const body = parseConverse({ messages: [user(hello)] })
  for (const id of ['amazon.titan-embed-text-v2:0', 'amazon.nova-canvas-v1:0', 'cohere.rerank-v3-5:0']) {
    const row = models.find((candidate) => candidate.modelId === id)
    assert(row !== undefined)
    assert.match(
      refusal(() => checkConverse(body, row))?.message ?? '',
      /^This action doesn't support the model/,
    )
  }
})

test('resolveModel: on-demand ids, profiles and ARNs reach their model', () => {
  const catalogue = buildCatalogue('eu-central-1')
  const application = catalogue.profiles.find((row) => row.type === 'APPLICATION')
  assert(application !== undefined)
  const reached = [
    HAIKU_3,
    `arn:aws:bedrock:eu-central-1::foundation-model/${HAIKU_3}`,
    `eu.${SONNET_4_5}`,
    `global.${SONNET_4_5}`,
    `arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.${SONNET_4_5}`,
    application.inferenceProfileArn,
  ].map((id) => resolveModel(catalogue, id).modelId)
  const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'
  assert.deepEqual(reached, [HAIKU_3, HAIKU_3, SONNET_4_5, SONNET_4_5, SONNET_4_5, haiku])
})

test('resolveModel: unknown, profile-only, provisioned-only and retired ids are refused in Bedrock’s words', () => {
  const catalogue = buildCatalogue('us-east-1')
  const message = (id: string) => refusal(() => resolveModel(catalogue, id))?.message
  assert.equal(message('does-not-exist'), 'The provided model identifier is invalid.')
  assert.equal(message(`eu.${SONNET_4_5}`), 'The provided model identifier is invalid.')
  const onDemand = (id: string) =>
    `Invocation of model ID ${id} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`
  assert.equal(message('deepseek.r1-v1:0'), onDemand('deepseek.r1-v1:0'))
  assert.equal(message('amazon.nova-lite-v1:0:24k'), onDemand('amazon.nova-lite-v1:0:24k'))
  assert.deepEqual(
    refusal(() => resolveModel(catalogue, 'anthropic.claude-3-5-sonnet-20240620-v1:0'))?.failure,
    {
      status: 404,
      type: 'ResourceNotFoundException',
      message:
        'This model version has reached the end of its life. Please refer to the AWS documentation for more details.',
    },
  )
})
