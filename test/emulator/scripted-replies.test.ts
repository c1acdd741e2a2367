import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import {
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import type { ContentBlock } from '../../src/bedrock/types.js'
import { type Emulator, startEmulator } from './emulator.js'
import { reasoningSignature } from './reasoning-signer.js'
import { runtimeClient } from './sdk-clients.js'

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const NOVA = 'amazon.nova-lite-v1:0'
let emulator: Emulator

before(async () => {
  emulator = await startEmulator()
})
afterEach(() => emulator.reset())
after(() => emulator.close())

const tools = { tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } }] }

function chat(text: string, more: Partial<ConverseCommandInput> = {}): ConverseCommandInput {
  return { modelId: CLAUDE, messages: [{ role: 'user', content: [{ text }] }], ...more }
}

type Wire = Record<string, Record<string, unknown>>

async function streamEvents(input: ConverseCommandInput): Promise<readonly Wire[]> {
  const reply = await runtimeClient(emulator).send(new ConverseStreamCommand(input))
  const events: Wire[] = []
  for await (const event of reply.stream ?? []) events.push(event as unknown as Wire)
  return events
}

/** One line for each event: its kind, its block and what it brings. */
function outline(events: readonly Wire[]): readonly string[] {
  return events.map((event) => {
    const [type = '', payload = {}] = Object.entries(event)[0] ?? []
    const { contentBlockIndex: index, start, delta } = payload
    return [type, index, start ?? delta]
      .filter((part) => part !== undefined)
      .map(show)
      .join(' ')
  })
}

function show(part: unknown): string {
  return typeof part === 'object' ? JSON.stringify(part) : String(part)
}

test('content: a reply of reasoning, text and two tool calls streams as Claude streams it', async () => {
  const content: readonly ContentBlock[] = [
    { reasoningContent: { reasoningText: { text: 'Two cities.' } } },
    { text: 'I look.' },
    { toolUse: { toolUseId: 'a', name: 'weather', input: { city: 'Paris' } } },
    { toolUse: { toolUseId: 'b', name: 'weather', input: {}, type: 'tool_use' } },
  ]
  emulator.set({ content })
  const events = await streamEvents(chat('Weather?', { toolConfig: tools }))
  assert.deepEqual(outline(events.slice(0, -1)), [
    'messageStart',
    'contentBlockDelta 0 {"reasoningContent":{"text":"Two "}}',
    'contentBlockDelta 0 {"reasoningContent":{"text":"cities."}}',
    `contentBlockDelta 0 ${JSON.stringify({ reasoningContent: { signature: reasoningSignature('Two cities.') } })}`,
    'contentBlockStop 0',
    'contentBlockDelta 1 {"text":"I "}',
    'contentBlockDelta 1 {"text":"look."}',
    'contentBlockStop 1',
    'contentBlockStart 2 {"toolUse":{"toolUseId":"a","name":"weather"}}',
    'contentBlockDelta 2 {"toolUse":{"input":""}}',
    'contentBlockDelta 2 {"toolUse":{"input":"{\\"city\\":"}}',
    'contentBlockDelta 2 {"toolUse":{"input":"\\"Paris\\"}"}}',
    'contentBlockStop 2',
    'contentBlockStart 3 {"toolUse":{"toolUseId":"b","name":"weather","type":"tool_use"}}',
    'contentBlockDelta 3 {"toolUse":{"input":""}}',
    'contentBlockStop 3',
    'messageStop',
  ])
  assert.equal(events.at(-2)?.['messageStop']?.['stopReason'], 'tool_use')
})

test('content: Nova sends a tool input whole, `{}` for none, and a server tool leaves the turn ended', async () => {
  // Recording 766, but for the last tool call.
  const content: readonly ContentBlock[] = [
    { toolUse: { toolUseId: 's', name: 'nova_code_interpreter', input: {}, type: 'server_tool_use' } },
    {
      toolResult: {
        toolUseId: 's',
        type: 'nova_code_interpreter_result',
        status: 'success',
        content: [{ json: { exitCode: 0 } }],
      },
    },
    { text: 'Done' },
  ]
  emulator.set({ content })
  const events = await streamEvents(chat('Compute', { modelId: NOVA }))
  assert.deepEqual(outline(events.slice(1, -1)), [
    'contentBlockStart 0 {"toolUse":{"toolUseId":"s","name":"nova_code_interpreter","type":"server_tool_use"}}',
    'contentBlockDelta 0 {"toolUse":{"input":"{}"}}',
    'contentBlockStop 0',
    'contentBlockStart 1 {"toolResult":{"toolUseId":"s","type":"nova_code_interpreter_result","status":"success"}}',
    'contentBlockDelta 1 {"toolResult":[{"json":{"exitCode":0}}]}',
    'contentBlockStop 1',
    'contentBlockDelta 2 {"text":"Done"}',
    'contentBlockStop 2',
    'messageStop',
  ])
  assert.equal(events.at(-2)?.['messageStop']?.['stopReason'], 'end_turn')
})

test('content: citations come before the text of their block, redacted reasoning is one delta', async () => {
  const redactedContent = Buffer.from('secret').toString('base64')
  emulator.set({
    content: [
      { reasoningContent: { redactedContent } },
      { citationsContent: { content: [{ text: 'It rains.' }], citations: [{ title: 'Sky' }] } },
    ],
  })
  const events = await streamEvents(chat('Why?'))
  const deltas = events.flatMap((event) => event['contentBlockDelta']?.['delta'] ?? [])
  assert.deepEqual(deltas, [
    { reasoningContent: { redactedContent: new Uint8Array(Buffer.from('secret')) } },
    { citation: { title: 'Sky' } },
    { text: 'It ' },
    { text: 'rains.' },
  ])
})

test('content: Converse gives the blocks whole, with the reasoning signed', async () => {
  emulator.set({
    content: [
      { reasoningContent: { reasoningText: { text: 'Hm' } } },
      { toolUse: { toolUseId: 'a', name: 'weather', input: { city: 'Paris' } } },
    ],
  })
  const reply = await runtimeClient(emulator).send(
    new ConverseCommand(chat('Weather?', { toolConfig: tools })),
  )
  assert.equal(reply.stopReason, 'tool_use')
  assert.deepEqual(reply.output?.message?.content, [
    { reasoningContent: { reasoningText: { text: 'Hm', signature: reasoningSignature('Hm') } } },
    { toolUse: { toolUseId: 'a', name: 'weather', input: { city: 'Paris' } } },
  ])
})

test('content: a tool input that is a string streams as arguments that were cut off', async () => {
  emulator.set({
    content: [{ toolUse: { toolUseId: 'a', name: 'weather', input: '{"city": "Par' } }],
    stopReason: 'max_tokens',
  })
  const events = await streamEvents(chat('Weather?', { toolConfig: tools }))
  const input = events.map((event) => {
    const delta = event['contentBlockDelta']?.['delta'] as { toolUse?: { input: string } } | undefined
    return delta?.toolUse?.input ?? ''
  })
  assert.equal(input.join(''), '{"city": "Par')
  assert.equal(events.at(-2)?.['messageStop']?.['stopReason'], 'max_tokens')
})

test('replies: each answered call takes the next, a refused one takes none, then the behaviour is back', async () => {
  emulator.set({
    text: 'always',
    replies: [
      { content: [{ text: 'first' }] },
      { failWith: { status: 503, type: 'ServiceUnavailableException', message: 'Try again.' } },
      { text: 'third', stopReason: 'max_tokens' },
    ],
  })
  const client = runtimeClient(emulator)
  const say = async (input: ConverseCommandInput) => {
    const reply = await client.send(new ConverseCommand(input))
    return [reply.output?.message?.content?.[0]?.text, reply.stopReason]
  }
  assert.deepEqual(await say(chat('x')), ['first', 'end_turn'])
  await assert.rejects(say(chat(' ')), /is blank/)
  await assert.rejects(say(chat('x')), { name: 'ServiceUnavailableException' })
  assert.deepEqual(await say(chat('x')), ['third', 'max_tokens'])
  assert.deepEqual(await say(chat('x')), ['always', 'end_turn'])
})

test('replies: the control channel takes them as JSON and names a member that does not exist', async () => {
  const post = (body: unknown) =>
    fetch(`${emulator.url}/_emulator/behaviour`, { method: 'POST', body: JSON.stringify(body) })
  const refused = await post({ replies: [{ contents: [] }] })
  assert.equal(refused.status, 400)
  assert.match(await refused.text(), /unknown behaviour "contents"/)
  assert.equal((await post({ replies: [{ content: [{ text: 'scripted' }] }] })).status, 204)
  const reply = await runtimeClient(emulator).send(new ConverseCommand(chat('x')))
  assert.deepEqual(reply.output?.message?.content, [{ text: 'scripted' }])
})

test('reasoning: what the emulator signed comes back and passes, what was changed is refused', async () => {
  emulator.set({ content: [{ reasoningContent: { reasoningText: { text: 'Hm' } } }, { text: 'Hi' }] })
  const client = runtimeClient(emulator)
  const first = await client.send(new ConverseCommand(chat('Hello')))
  const said = first.output?.message
  assert(said !== undefined)
  const again = (message: typeof said) =>
    client.send(
      new ConverseCommand({
        ...chat('Hello'),
        messages: [
          { role: 'user', content: [{ text: 'Hello' }] },
          message,
          { role: 'user', content: [{ text: 'Again' }] },
        ],
      }),
    )
  assert.equal((await again(said)).stopReason, 'end_turn')
  const [reasoning, ...rest] = said.content ?? []
  const signature = reasoning?.reasoningContent?.reasoningText?.signature ?? ''
  const changed = { reasoningContent: { reasoningText: { text: 'Hm?', signature } } }
  await assert.rejects(
    again({ role: 'assistant', content: [changed, ...rest] }),
    /messages\.1\.content\.0: Invalid `signature` in `thinking` block/,
  )
})

test('a wrong image format reaches Nova’s clients in the stream, after a 200 (recording 192)', async () => {
  const image = { image: { format: 'png', source: { bytes: Buffer.from('text') } } } as const
  const input: ConverseCommandInput = {
    modelId: NOVA,
    messages: [{ role: 'user', content: [{ text: 'Look' }, image] }],
  }
  const words = /The detected file MIME type text\/plain does not match the expected type image\/png/
  await assert.rejects(streamEvents(input), words)
  assert.equal(emulator.requests.at(-1)?.status, 200)
  assert.match(emulator.requests.at(-1)?.refusal ?? '', words)
  await assert.rejects(runtimeClient(emulator).send(new ConverseCommand(input)), words)
  assert.equal(emulator.requests.at(-1)?.status, 400)
})
