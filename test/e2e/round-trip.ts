import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { OpenAiRequest } from '../../src/bedrock/openai-types.js'
import type { ContentBlock, ConverseRequest, Message } from '../../src/bedrock/types.js'
import type { Emulator, RecordedRequest } from '../emulator/emulator.js'
import { reasoningSignature } from '../emulator/reasoning-signer.js'
import { ask, type ChatMessage, type ClientStyle, createSdk, type Said, toHistory } from './chat-client.js'

/** What a model does in the conversation below. */
export interface RoundTripModel {
  readonly id: string
  readonly dialect: 'converse' | 'openai'
  /** How its thoughts come: with a budget once in a tool round, adaptive before every reply, `plain` without proof. */
  readonly thinks: 'budget' | 'adaptive' | 'plain' | 'never'
  readonly images: boolean
  readonly caches: boolean
  /** How a JSON schema is said to it. */
  readonly structured: 'format' | 'tool' | 'never'
}

const CLAUDE = { dialect: 'converse', images: true, caches: true } as const
const TEXT_ONLY = { thinks: 'plain', images: false, caches: false, structured: 'format' } as const

export const ROUND_TRIP_MODELS: readonly RoundTripModel[] = [
  {
    id: 'us.anthropic.claude-3-7-sonnet-20250219-v1:0',
    ...CLAUDE,
    thinks: 'budget',
    structured: 'tool',
  },
  { id: 'anthropic.claude-sonnet-4-20250514-v1:0', ...CLAUDE, thinks: 'budget', structured: 'tool' },
  { id: 'anthropic.claude-sonnet-4-5-20250929-v1:0', ...CLAUDE, thinks: 'budget', structured: 'format' },
  { id: 'us.anthropic.claude-sonnet-4-6', ...CLAUDE, thinks: 'adaptive', structured: 'format' },
  { id: 'anthropic.claude-opus-4-7', ...CLAUDE, thinks: 'adaptive', structured: 'format' },
  {
    id: 'us.amazon.nova-2-lite-v1:0',
    dialect: 'converse',
    thinks: 'plain',
    images: true,
    caches: true,
    structured: 'tool',
  },
  { id: 'openai.gpt-oss-120b-1:0', dialect: 'converse', ...TEXT_ONLY },
  {
    id: 'us.meta.llama4-maverick-17b-instruct-v1:0',
    dialect: 'converse',
    thinks: 'never',
    images: true,
    caches: false,
    structured: 'never',
  },
  { id: 'openai-runtime/openai.gpt-oss-20b-1:0', dialect: 'openai', ...TEXT_ONLY },
  { id: 'minimax.minimax-m2', dialect: 'openai', ...TEXT_ONLY },
]

const DOTTED = 'weather.lookup/v2'
/** What the one above would become if names were only cleaned. */
const UNDERSCORED = 'weather_lookup_v2'
const CLOCK = 'now'
/** As MCP servers name their tools: longer than Bedrock takes (openwebui-contract §2). */
const LONG = `mcp_travel_server_${'with_a_long_name_'.repeat(4)}plan`

const CITY = { type: 'object', properties: { city: { type: 'string' } } }
const TOOLS: readonly { readonly name: string; readonly [member: string]: unknown }[] = [
  { name: DOTTED, description: 'The weather.', parameters: CITY },
  { name: UNDERSCORED, description: '', parameters: CITY },
  { name: CLOCK },
  { name: LONG, description: 'Plans.', parameters: { type: 'object' }, strict: true },
]

/** Long enough to be cached by every model that caches: a word is a token to the emulator. */
const WORDS = 5000
const RULES = 'word '.repeat(WORDS)

/** 1 by 1 pixel, red. */
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const IMAGE = { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } }
const IMAGE_BLOCK = { image: { format: 'png', source: { bytes: PIXEL } } }

/** Arguments of more than a thousand characters, with everything that JSON and UTF-8 can break on. */
const ITINERARY = {
  stops: Array.from({ length: 40 }, (_, index) => `Café № ${index} "à la carte" \\ 🙂\n`),
  note: null,
  depth: { of: [1, 2.5, { objects: true }] },
}
const REDACTED = Buffer.from('only the model can read this').toString('base64')
const SCHEMA = { type: 'object', properties: { degrees: { type: 'number' } }, required: ['degrees'] }

/** One request of the conversation and the reply that the model gives. */
interface Step {
  /** What the client says beside the history. */
  readonly says: (model: RoundTripModel, calls: Said['calls']) => readonly ChatMessage[]
  readonly extra?: Readonly<Record<string, unknown>>
  readonly reply: (model: RoundTripModel, toWire: (name: string) => string) => readonly ContentBlock[]
  readonly stopReason?: string
  /** It answers calls of the first tool round. */
  readonly inFirstRound?: boolean
  /** True where the tools are not those of the request before: then nothing that was cached fits. */
  readonly changesTools?: (model: RoundTripModel) => boolean
  readonly holds?: (seen: Seen) => void
}

/** One request and its reply, seen from both ends. */
interface Seen {
  readonly model: RoundTripModel
  readonly said: Said
  /** What reached Bedrock; for Converse only. */
  readonly sent: ConverseRequest
  readonly thoughts: Thoughts
}

/** Whether the thoughts of the open tool round can still be known: not where a forgetful client meets a new process. */
type Thoughts = 'known' | 'lost'

const user = (content: unknown): ChatMessage => ({ role: 'user', content })
const result = (call: Said['calls'][number] | undefined, content: unknown): ChatMessage => {
  assert.ok(call !== undefined)
  return { role: 'tool', tool_call_id: call.id, content }
}

function think(text: string, { thinks }: RoundTripModel): readonly ContentBlock[] {
  return thinks === 'never' ? [] : [{ reasoningContent: { reasoningText: { text } } }]
}

/** Inside a tool round a Claude with a budget thinks once, before the first call (dust-tt/srchd#41). */
function thinkAgain(text: string, model: RoundTripModel): readonly ContentBlock[] {
  return model.thinks === 'budget' ? [] : think(text, model)
}

function use(id: string, name: string, input: unknown): ContentBlock {
  return { toolUse: { toolUseId: `tooluse_${id}`, name, input } }
}

export const STEPS: readonly Step[] = [
  {
    says: ({ images }) => [
      user(images ? [{ type: 'text', text: 'What is it?' }, IMAGE] : [{ type: 'text', text: 'What is it?' }]),
    ],
    reply: (model) => [...think('I look at it.', model), { text: 'A red pixel.' }],
    holds: ({ model, sent }) => {
      const content = sent.messages[0]?.content.filter(({ cachePoint }) => cachePoint === undefined)
      assert.deepEqual(content, [{ text: 'What is it?' }, ...(model.images ? [IMAGE_BLOCK] : [])])
    },
  },
  {
    says: () => [user('Weather in Paris and Rome, and the time?')],
    reply: (model, toWire) => [
      ...think('Two cities and a clock.', model),
      { text: 'I ask.' },
      use('a', toWire(DOTTED), { city: 'Paris' }),
      use('b', toWire(UNDERSCORED), { city: 'Rome' }),
      use('c', toWire(CLOCK), {}),
    ],
  },
  {
    inFirstRound: true,
    // Not in the order of the calls: the first comes last.
    says: ({ images }, [paris, rome, clock]) => [
      result(rome, images ? [{ type: 'text', text: 'Sunny.' }, IMAGE] : 'Sunny.'),
      result(clock, ''),
      result(paris, '{"degrees":20}'),
    ],
    reply: (model, toWire) => [...thinkAgain('Now the plan.', model), use('d', toWire(LONG), ITINERARY)],
    holds: ({ model, sent, thoughts }) => {
      const { assistant, results } = lastRound(sent)
      assertThoughts(assistant, thoughtsOf(model, thoughts, [thought('Two cities and a clock.')]))
      assert.deepEqual(idsOf(assistant), ['tooluse_a', 'tooluse_b', 'tooluse_c'])
      assert.deepEqual(
        results.map(({ toolUseId }) => toolUseId),
        ['tooluse_a', 'tooluse_b', 'tooluse_c'],
      )
      if (model.images) assert.deepEqual(results[1]?.content[1], IMAGE_BLOCK)
    },
  },
  {
    inFirstRound: true,
    says: (_, [plan]) => [result(plan, 'Planned.')],
    reply: (model) => [...thinkAgain('That is it.', model), { text: 'It is 20 degrees in Paris.' }],
    holds: ({ model, said, sent, thoughts }) => {
      const [first] = said.calls
      assert.equal(first, undefined)
      const rounds = sent.messages.filter(({ content }) => content.some(({ toolUse }) => toolUse))
      assertThoughts(rounds[0], thoughtsOf(model, thoughts, [thought('Two cities and a clock.')]))
      // The thoughts of this reply were heard by the process that is asked now.
      const again = model.thinks === 'adaptive' ? [thought('Now the plan.')] : []
      assertThoughts(rounds[1], again)
      assert.deepEqual(rounds[1]?.content.find(({ toolUse }) => toolUse)?.toolUse?.input, ITINERARY)
    },
  },
  {
    says: () => [user('Why?')],
    reply: (model, toWire) => [
      ...(isClaude(model) ? [{ reasoningContent: { redactedContent: REDACTED } }] : []),
      ...think('I have to look again.', model),
      { text: 'Let me see.' },
      use('e', toWire(DOTTED), { city: 'Paris' }),
    ],
  },
  {
    // As Open WebUI says images of tool results (openwebui-contract §2).
    says: ({ images }, [call]) => [
      result(call, 'Sunny.'),
      ...(images
        ? [user([{ type: 'text', text: 'Here are the images from the tool results above.' }, IMAGE])]
        : []),
    ],
    reply: () => [{ text: 'Because the sun shines.' }],
    holds: ({ model, sent }) => {
      const { assistant } = lastRound(sent)
      const redacted = { reasoningContent: { redactedContent: REDACTED } }
      assertThoughts(assistant, isClaude(model) ? [redacted, thought('I have to look again.')] : [])
    },
  },
  {
    says: () => [user('Compute 6 times 7.')],
    // Recording 766: a tool that runs on Bedrock's side is called and answered within the reply.
    reply: (model) =>
      model.dialect === 'openai'
        ? [{ text: 'It is 42.' }]
        : [
            {
              toolUse: {
                toolUseId: 'server_1',
                name: 'nova_code_interpreter',
                input: { code: '6 * 7' },
                type: 'server_tool_use',
              },
            },
            {
              toolResult: {
                toolUseId: 'server_1',
                type: 'nova_code_interpreter_result',
                status: 'success',
                content: [{ json: { stdOut: '42' } }],
              },
            },
            { text: 'It is 42.' },
          ],
  },
  {
    says: () => [user('As JSON: how warm is it?')],
    changesTools: ({ structured }) => structured === 'tool',
    extra: { response_format: { type: 'json_schema', json_schema: { name: 'warmth', schema: SCHEMA } } },
    reply: ({ structured }) => [
      structured === 'tool' ? use('answer', 'json_answer', { degrees: 20 }) : { text: '{"degrees":20}' },
    ],
    holds: ({ model, said, sent }) => {
      assert.deepEqual(JSON.parse(said.text), { degrees: 20 })
      assert.equal(sent.outputConfig?.textFormat !== undefined, model.structured === 'format')
      assert.equal(said.dropped.includes('response_format'), model.structured === 'never')
    },
  },
  {
    says: () => [user('Both cities again.')],
    reply: (model, toWire) => [
      ...think('Both.', model),
      use('f', toWire(DOTTED), { city: 'Paris' }),
      use('g', toWire(DOTTED), { city: 'Rome' }),
    ],
  },
  {
    // The user went on before the second result was there (open-webui/open-webui#24940).
    says: (_, [paris]) => [result(paris, '{"degrees":21}'), user('Never mind Rome.')],
    reply: () => [{ text: 'Paris has 21 degrees.' }],
    holds: ({ model, sent }) => {
      const { assistant, results } = lastRound(sent)
      assertThoughts(assistant, isClaude(model) ? [thought('Both.')] : [])
      assert.deepEqual(
        results.map(({ toolUseId }) => toolUseId),
        ['tooluse_f', 'tooluse_g'],
      )
    },
  },
  {
    // The reply before was stopped before its first word.
    says: () => [user('Go on.'), { role: 'assistant', content: '' }, user('Well?')],
    reply: (model) => [...think('What next?', model), { text: 'Next is Rome.' }],
  },
  {
    says: () => [user('Sum it up.')],
    // Converse has no word for `tool_choice: none`: the tools are named as gone.
    changesTools: () => true,
    extra: {
      tool_choice: 'none',
      max_tokens: 4000,
      temperature: 1.5,
      top_p: 0.5,
      top_k: 10,
      seed: 7,
      stop: ['###'],
      user: 'somebody',
    },
    reply: () => [{ text: 'Paris, then' }],
    stopReason: 'max_tokens',
    holds: ({ said }) => assert.equal(said.finishReason, 'length'),
  },
]

/** The first request after whose reply a tool round is open. */
export const STEPS_TO_OPEN_ROUND = 2

export function isClaude({ id }: RoundTripModel): boolean {
  return id.includes('anthropic.claude')
}

function thought(text: string): ContentBlock {
  return { reasoningContent: { reasoningText: { text, signature: reasoningSignature(text) } } }
}

function thoughtsOf(
  model: RoundTripModel,
  thoughts: Thoughts,
  blocks: readonly ContentBlock[],
): readonly ContentBlock[] {
  return isClaude(model) && thoughts === 'known' ? blocks : []
}

/** These thoughts, to the letter, and in front of everything else; none elsewhere. */
function assertThoughts(message: Message | undefined, expected: readonly ContentBlock[]): void {
  assert.ok(message !== undefined)
  assert.deepEqual(message.content.slice(0, expected.length), expected)
  const others = message.content.slice(expected.length)
  assert.ok(others.every(({ reasoningContent }) => reasoningContent === undefined))
}

/**
 * Claude is asked to think in every request, but where a tool is forced, and where a budget would be refused because the open
 * round lacks its thoughts: then the client is told.
 */
function assertAskedToThink({ model, said, sent, thoughts }: Seen, step: Step, place: string): void {
  const isForced = sent.toolConfig?.toolChoice?.any !== undefined
  const lacksThoughts = model.thinks === 'budget' && thoughts === 'lost' && step.inFirstRound === true
  const asked = sent.additionalModelRequestFields?.['thinking'] !== undefined
  assert.equal(asked, !isForced && !lacksThoughts, place)
  assert.equal(said.dropped.includes('reasoning_effort'), !asked, place)
}

/** The last turn with calls, and the results in the turn right behind it. */
function lastRound({ messages }: ConverseRequest) {
  const index = messages.findLastIndex(({ content }) => content.some(({ toolUse }) => toolUse !== undefined))
  const assistant = messages[index]
  assert.ok(assistant !== undefined)
  const results = messages[index + 1]?.content.flatMap(({ toolResult }) => toolResult ?? []) ?? []
  return { assistant, results }
}

function idsOf({ content }: Message): readonly string[] {
  return content.flatMap(({ toolUse }) => toolUse?.toolUseId ?? [])
}

/** One client that talks through all the steps. */
export interface RoundTrip {
  /** Takes the steps up to this number, through the daemon at `url`. */
  go(url: string, steps: number): Promise<void>
}

export interface RoundTripOptions {
  readonly emulator: Emulator
  readonly model: RoundTripModel
  readonly style: ClientStyle
  readonly stream: boolean
}

export function createRoundTrip({ emulator, model, style, stream }: RoundTripOptions): RoundTrip {
  // No other conversation has this prefix, so that what is read from the cache was written by this one.
  const history: ChatMessage[] = [{ role: 'system', content: `${randomUUID()} ${RULES}` }]
  let calls: Said['calls'] = []
  let taken = 0
  let firstUrl: string | null = null
  let lastRequest: RecordedRequest | null = null

  async function takeStep(url: string, step: Step): Promise<void> {
    const place = `request ${taken + 1}`
    history.push(...step.says(model, calls))
    const content = step.reply(model, (name) => toWireName(lastRequest, name))
    const stopReason = step.stopReason ?? null
    emulator.set({ cacheHit: true, replies: [{ content, stopReason }] })
    const body = {
      model: model.id,
      messages: history,
      tools: TOOLS.map((tool) => ({ type: 'function', function: tool })),
      reasoning_effort: 'medium',
      ...step.extra,
    }
    const seenBefore = emulator.requests.length
    const said = await ask(createSdk(url), body, stream)
    const [request, ...others] = chatRequests(emulator.requests.slice(seenBefore))
    assert.ok(request !== undefined && others.length === 0, `${place} takes one call`)
    assert.deepEqual([request.status, request.refusal], [200, null], place)
    assertSaid(said, content, place)
    if (model.caches && taken > 0 && step.changesTools?.(model) !== true) {
      assertCached(said, request.body as ConverseRequest, place)
    }
    if (model.dialect === 'converse') {
      const thoughts = url !== firstUrl && style === 'forgetful' ? 'lost' : 'known'
      const seen = { model, said, sent: request.body as ConverseRequest, thoughts } as const
      if (isClaude(model)) assertAskedToThink(seen, step, place)
      step.holds?.(seen)
    }
    if (model.dialect === 'openai') assertAnsweredCalls(request.body as OpenAiRequest, place)
    lastRequest = request
    history.push(toHistory(said, style))
    calls = said.calls
    taken += 1
  }

  return {
    async go(url, steps) {
      firstUrl ??= url
      for (const step of STEPS.slice(taken, steps)) await takeStep(url, step)
      assert.equal(taken, steps)
    },
  }
}

/** Calls of a chat that AWS saw. */
function chatRequests(requests: readonly RecordedRequest[]): readonly RecordedRequest[] {
  return requests.filter(({ operation }) => /^Converse|chat/i.test(operation))
}

/** The name that the gateway gave a tool: the model knows no other. */
function toWireName(request: RecordedRequest | null, name: string): string {
  const index = TOOLS.findIndex((tool) => tool.name === name)
  const body = request?.body as {
    readonly toolConfig?: ConverseRequest['toolConfig']
    readonly tools?: readonly { readonly function: { readonly name: string } }[]
  }
  const wireName = body.toolConfig?.tools[index]?.toolSpec?.name ?? body.tools?.[index]?.function.name
  assert.ok(wireName !== undefined)
  return wireName
}

/** OpenAI's own rule: right behind its calls an assistant message has the result of each, and no result stands elsewhere. */
function assertAnsweredCalls({ messages }: OpenAiRequest, place: string): void {
  const open = new Set<string>()
  for (const message of messages) {
    if (message.role === 'tool') assert.ok(open.delete(message.tool_call_id), place)
    else assert.equal(open.size, 0, place)
    if (message.role === 'assistant') for (const { id } of message.tool_calls ?? []) open.add(id)
  }
  assert.equal(open.size, 0, place)
}

/** Everything the model said, and nothing else: its text, its thoughts, its calls under the client's names. */
function assertSaid(said: Said, content: readonly ContentBlock[], place: string): void {
  const uses = content.flatMap(({ toolUse }) =>
    toolUse === undefined || toolUse.type === 'server_tool_use' || toolUse.name === 'json_answer'
      ? []
      : [toolUse],
  )
  const texts = content.flatMap(({ text }) => text ?? [])
  const thoughts = content.flatMap(({ reasoningContent }) => reasoningContent?.reasoningText?.text ?? [])
  if (texts.length > 0) assert.equal(said.text, texts.join(''), place)
  assert.equal(said.reasoning, thoughts.join(''), place)
  assert.deepEqual(
    said.calls.map(({ id, arguments: text }) => [id, JSON.parse(text)]),
    uses.map(({ toolUseId, input }) => [toolUseId, input]),
    place,
  )
  for (const { name } of said.calls)
    assert.ok(
      TOOLS.some((tool) => tool.name === name),
      `${place}: ${name}`,
    )
  assert.equal(new Set(said.calls.map(({ id }) => id)).size, said.calls.length)
  if (said.finishReason !== 'length') {
    assert.equal(said.finishReason, uses.length > 0 ? 'tool_calls' : 'stop', place)
  }
}

/** The system text at least was read from the cache, and cached tokens are part of the prompt. */
function assertCached({ usage }: Said, { system = [], messages }: ConverseRequest, place: string): void {
  const cached = usage.prompt_tokens_details?.cached_tokens ?? 0
  assert.ok(cached >= WORDS, `${place}: ${cached} cached tokens`)
  assert.ok(usage.prompt_tokens > cached, place)
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
  assert.notEqual(system.at(-1)?.cachePoint, undefined)
  assert.ok(messages.some(({ content }) => content.some(({ cachePoint }) => cachePoint !== undefined)))
}
