import assert from 'node:assert/strict'
import OpenAI from 'openai'

/**
 * What a client keeps of a reply for its next request. `open-webui`: its thoughts too, as Open WebUI merges and filters them
 * (openwebui-contract §3). `forgetful`: text and tool calls alone.
 */
export type ClientStyle = 'open-webui' | 'forgetful'

export interface SaidCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
}

/** One entry of `reasoning_details`, pieces joined. */
export type SaidDetail = Readonly<Record<string, unknown>>

/** One reply as a client understood it, whether it was streamed or not. */
export interface Said {
  readonly text: string
  readonly reasoning: string
  readonly details: readonly SaidDetail[]
  readonly calls: readonly SaidCall[]
  readonly finishReason: string | null
  readonly usage: OpenAI.CompletionUsage
  /** Of `x-bedrockd-dropped-params`. */
  readonly dropped: readonly string[]
}

export type ChatMessage = Readonly<Record<string, unknown>>
export type ChatBody = Readonly<Record<string, unknown>> & { readonly messages: readonly ChatMessage[] }

/** Members of a reply's message or delta that the SDK's types do not have. */
interface Thoughts {
  readonly reasoning_content?: string | null
  readonly reasoning_details?: readonly SaidDetail[]
}

/** The official SDK, without retries: every refusal is seen. */
export function createSdk(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0, timeout: 20_000 })
}

/** Asks through the SDK and reads the whole reply. */
export function ask(sdk: OpenAI, body: ChatBody, stream: boolean): Promise<Said> {
  return stream ? askForStream(sdk, body) : askForWhole(sdk, body)
}

async function askForWhole(sdk: OpenAI, body: ChatBody): Promise<Said> {
  const asked = body as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming
  const { data, response } = await sdk.chat.completions.create(asked).withResponse()
  const [choice, ...others] = data.choices
  assert.ok(choice !== undefined && others.length === 0)
  const { content, tool_calls: calls = [], ...rest } = choice.message
  const { reasoning_content: reasoning, reasoning_details: details = [] } = rest as Thoughts
  assert.ok(data.usage !== undefined)
  return {
    text: content ?? '',
    reasoning: reasoning ?? '',
    details,
    calls: calls.map((call) => {
      assert.ok(call.type === 'function')
      return { id: call.id, ...call.function }
    }),
    finishReason: choice.finish_reason,
    usage: data.usage,
    dropped: toDropped(response),
  }
}

async function askForStream(sdk: OpenAI, body: ChatBody): Promise<Said> {
  const asked = { ...body, stream: true, stream_options: { include_usage: true } }
  const { data, response } = await sdk.chat.completions
    .create(asked as unknown as OpenAI.ChatCompletionCreateParamsStreaming)
    .withResponse()
  let [text, reasoning] = ['', '']
  let finishReason: string | null = null
  const usages: OpenAI.CompletionUsage[] = []
  const details = new Map<unknown, Record<string, unknown>>()
  const calls: { id: string; name: string; arguments: string }[] = []
  for await (const { choices, usage } of data) {
    if (usage) usages.push(usage)
    const [choice] = choices
    if (choice === undefined) continue
    finishReason = choice.finish_reason ?? finishReason
    const delta = choice.delta as typeof choice.delta & Thoughts
    text += delta.content ?? ''
    reasoning += delta.reasoning_content ?? ''
    for (const detail of delta.reasoning_details ?? []) mergeDetail(details, detail)
    for (const call of delta.tool_calls ?? []) mergeCall(calls, call)
  }
  const [usage, ...others] = usages
  assert.ok(usage !== undefined && others.length === 0, 'usage comes once')
  return {
    text,
    reasoning,
    details: [...details.values()],
    calls,
    finishReason,
    usage,
    dropped: toDropped(response),
  }
}

/** Text added, every other member overwritten. */
function mergeDetail(details: Map<unknown, Record<string, unknown>>, detail: SaidDetail): void {
  const standing = details.get(detail['index'])
  if (standing === undefined) {
    details.set(detail['index'], { ...detail })
    return
  }
  for (const [name, value] of Object.entries(detail)) {
    standing[name] = name === 'text' ? `${String(standing[name] ?? '')}${String(value)}` : value
  }
}

/** An entry without `index` is dropped; id only from the first fragment; name overwritten; arguments added. */
function mergeCall(
  calls: { id: string; name: string; arguments: string }[],
  { index, id, function: said }: OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall,
): void {
  assert.ok(index <= calls.length, 'indexes are dense')
  const standing = calls[index]
  if (standing === undefined) {
    assert.ok(id !== undefined && said?.name !== undefined, 'the first fragment has id and name')
    calls.push({ id, name: said.name, arguments: said.arguments ?? '' })
    return
  }
  if (said?.name !== undefined) standing.name = said.name
  standing.arguments += said?.arguments ?? ''
}

function toDropped(response: Response): readonly string[] {
  return response.headers.get('x-bedrockd-dropped-params')?.split(', ') ?? []
}

/** The reply as this client says it again in its next request. */
export function toHistory(said: Said, style: ClientStyle): ChatMessage {
  const details = style === 'open-webui' ? said.details.filter(survivesOpenWebui) : []
  return {
    role: 'assistant',
    content: said.text,
    ...(said.calls.length === 0 ? {} : { tool_calls: said.calls.map(toWireCall) }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
  }
}

function toWireCall({ id, name, arguments: text }: SaidCall): object {
  return { id, type: 'function', function: { name, arguments: text } }
}

/** Open WebUI sends Claude's thoughts back only where they are signed (its `convert_output_to_messages`). */
function survivesOpenWebui({ format, signature }: SaidDetail): boolean {
  return format !== 'anthropic-claude-v1' || Boolean(signature)
}
