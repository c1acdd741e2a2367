import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import OpenAI from 'openai'
import type { Status } from '../../src/admin/types.js'
import type { ContentBlock, ConverseEvent, ConverseResponse, TokenUsage } from '../../src/bedrock/types.js'
import { decodeEvents } from '../bedrock/decode.js'
import { type Recording, readReplies } from '../bedrock/recordings.js'
import { schemaProblems } from '../openai/schema.js'
import { openaiDir, recordingsDir, skipWithout } from '../shared.js'
import { eventually } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'
import { type ReplayServer, startReplayServer } from './replay-server.js'

const skip = skipWithout(recordingsDir) || skipWithout(join(openaiDir, 'openapi.subset.json'))
/** Chats under way at once. */
const CHATS_MAX = 8

/** What a client must find of a recorded reply. */
interface Expected {
  readonly text: string
  readonly reasoning: string
  readonly calls: readonly { readonly id: string; readonly name: string; readonly input: unknown }[]
  readonly promptTokens: number
  readonly completionTokens: number
}

/** A message as the SDK gives it; `reasoning_content` is ours. */
type Message = OpenAI.ChatCompletionMessage & { readonly reasoning_content?: string }

suite('recorded replies through the daemon, as the official OpenAI SDK sees them', { skip }, () => {
  const whole = readReplies('Converse')
  // A stream that holds an exception instead of a reply (192) is no success.
  const streamed = readReplies('ConverseStream').filter(({ body }) => decodeEvents([body]).events.length > 0)
  let server: ReplayServer
  let daemon: Daemon
  let client: OpenAI

  before(async () => {
    server = await startReplayServer([...whole, ...streamed])
    daemon = await startDaemon({
      environment: {
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_REGION: 'us-east-1',
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url,
        AWS_ENDPOINT_URL_BEDROCK: server.url,
        BEDROCKD_MANTLE: 'false',
      },
    })
    await eventually(
      async () => ((await daemon.admin('/status')) as Status).readiness.credentials,
      'the search for credentials',
    )
    client = new OpenAI({ baseURL: `${daemon.url}/v1`, apiKey: 'any', maxRetries: 0, timeout: 30_000 })
  })
  after(async () => {
    await daemon?.kill()
    await server?.close()
  })

  const ask = (recording: Recording) => ({
    model: server.modelOf(recording),
    messages: [{ role: 'user' as const, content: 'Say it again.' }],
  })

  test('each whole reply keeps its text, thoughts, calls and counts, and is what OpenAI describes', async () => {
    assert.ok(whole.length >= 250, `${whole.length} recordings`)
    await forEach(whole, async (recording) => {
      const completion = await client.chat.completions.create(ask(recording))
      assert.deepEqual(schemaProblems('CreateChatCompletionResponse', completion), [], recording.id)
      const { output, usage, stopReason } = recording.json as ConverseResponse
      const [choice] = completion.choices
      assert.ok(choice)
      assertSays(choice.message, completion.usage, toExpected(output.message.content, usage), recording.id)
      assertFinish(choice.finish_reason, stopReason, choice.message, recording.id)
    })
  })

  test('each stream keeps its text, thoughts, calls and counts, and each chunk is what OpenAI describes', async () => {
    assert.ok(streamed.length >= 70, `${streamed.length} recordings`)
    await forEach(streamed, async (recording) => {
      const stream = client.chat.completions.stream({
        ...ask(recording),
        stream_options: { include_usage: true },
      })
      let reasoning = ''
      stream.on('chunk', (chunk) => {
        assert.deepEqual(schemaProblems('CreateChatCompletionStreamResponse', chunk), [], recording.id)
        const delta = chunk.choices[0]?.delta as { reasoning_content?: string } | undefined
        reasoning += delta?.reasoning_content ?? ''
      })
      const completion = await stream.finalChatCompletion()
      const { events } = decodeEvents([recording.body])
      const [choice] = completion.choices
      assert.ok(choice)
      const expected = toExpected(toBlocks(events), usageOf(events))
      assertSays(
        { ...choice.message, reasoning_content: reasoning },
        completion.usage,
        expected,
        recording.id,
      )
      assertFinish(choice.finish_reason, stopReasonOf(events), choice.message, recording.id)
    })
  })
})

async function forEach(
  recordings: readonly Recording[],
  check: (recording: Recording) => Promise<void>,
): Promise<void> {
  const waiting = [...recordings]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await check(next)
  }
  await Promise.all(Array.from({ length: CHATS_MAX }, worker))
}

function assertSays(
  message: Message,
  usage: OpenAI.CompletionUsage | null | undefined,
  expected: Expected,
  id: string,
): void {
  assert.equal(message.content ?? '', expected.text, id)
  assert.equal(message.reasoning_content ?? '', expected.reasoning, id)
  const calls = (message.tool_calls ?? []).map((call) => {
    assert.equal(call.type, 'function')
    return { id: call.id, name: call.function.name, input: JSON.parse(call.function.arguments) as unknown }
  })
  assert.deepEqual(calls, expected.calls, id)
  assert.equal(usage?.prompt_tokens, expected.promptTokens, id)
  assert.equal(usage?.completion_tokens, expected.completionTokens, id)
  assert.equal(usage?.total_tokens, expected.promptTokens + expected.completionTokens, id)
}

function assertFinish(reason: string, stopReason: string, message: Message, id: string): void {
  const expected = {
    end_turn: 'stop',
    stop_sequence: 'stop',
    max_tokens: 'length',
    tool_use: (message.tool_calls ?? []).length > 0 ? 'tool_calls' : 'stop',
    guardrail_intervened: 'content_filter',
  }[stopReason]
  assert.equal(reason, expected, `${id}: ${stopReason}`)
}

function toExpected(blocks: readonly ContentBlock[], usage: TokenUsage): Expected {
  const promptTokens =
    usage.inputTokens + (usage.cacheReadInputTokens ?? 0) + (usage.cacheWriteInputTokens ?? 0)
  return {
    text: blocks.map((block) => block.text ?? '').join(''),
    reasoning: blocks.map((block) => block.reasoningContent?.reasoningText?.text ?? '').join(''),
    // What ran inside Bedrock is no call for the client (bedrock-facts C5).
    calls: blocks.flatMap(({ toolUse }) =>
      toolUse === undefined || toolUse.type === 'server_tool_use'
        ? []
        : [{ id: toolUse.toolUseId, name: toolUse.name, input: toolUse.input }],
    ),
    promptTokens,
    completionTokens: usage.outputTokens,
  }
}

/** The blocks that a stream's events make together. */
function toBlocks(events: readonly ConverseEvent[]): readonly ContentBlock[] {
  const texts = new Map<number, string>()
  const thoughts = new Map<number, string>()
  const calls = new Map<number, { id: string; name: string; type: string | undefined; input: string }>()
  for (const event of events) {
    if (event.type === 'contentBlockStart' && event.payload.start.toolUse !== undefined) {
      const { toolUseId, name, type } = event.payload.start.toolUse
      calls.set(event.payload.contentBlockIndex, { id: toolUseId, name, type, input: '' })
    }
    if (event.type !== 'contentBlockDelta') continue
    const { contentBlockIndex: index, delta } = event.payload
    texts.set(index, (texts.get(index) ?? '') + (delta.text ?? ''))
    thoughts.set(index, (thoughts.get(index) ?? '') + (delta.reasoningContent?.text ?? ''))
    const call = calls.get(index)
    if (call !== undefined) call.input += delta.toolUse?.input ?? ''
  }
  return [
    ...[...texts.values()].map((text) => ({ text })),
    ...[...thoughts.values()].map((text) => ({ reasoningContent: { reasoningText: { text } } })),
    ...[...calls.values()].map(({ id, name, type, input }) => ({
      toolUse: {
        toolUseId: id,
        name,
        input: JSON.parse(input || '{}') as unknown,
        ...(type === undefined ? {} : { type }),
      },
    })),
  ]
}

function usageOf(events: readonly ConverseEvent[]): TokenUsage {
  const metadata = events.find((event) => event.type === 'metadata')
  assert.ok(metadata?.type === 'metadata')
  return metadata.payload.usage
}

function stopReasonOf(events: readonly ConverseEvent[]): string {
  const stop = events.find((event) => event.type === 'messageStop')
  assert.ok(stop?.type === 'messageStop')
  return stop.payload.stopReason
}
