import type { ContentBlock } from '../../src/bedrock/types.js'
import type { Answer } from './answer.js'
import { type ConverseRequest, type Json, member, parseConverse } from './converse-request.js'
import { textFragments } from './fragments.js'
import { BedrockError } from './wire-error.js'

/** The two places where AWS speaks OpenAI's protocol: they name models and show reasoning differently. */
export type OpenAiHost = 'runtime' | 'mantle'

/** A checked request for a chat completion. */
export interface OpenAiChat {
  readonly model: string
  readonly streams: boolean
  readonly includesUsage: boolean
  /** What it asks, in Converse's shape, so that one composer answers both. */
  readonly request: ConverseRequest
}

// In the order of the parser's own list, which langchain-ai/langchain-aws#664 quotes.
const MEMBERS = [
  'audio',
  'frequency_penalty',
  'function_call',
  'functions',
  'logit_bias',
  'logprobs',
  'max_completion_tokens',
  'max_tokens',
  'messages',
  'metadata',
  'modalities',
  'model',
  'n',
  'parallel_tool_calls',
  'prediction',
  'presence_penalty',
  'prompt_cache_key',
  'reasoning_effort',
  'response_format',
  'safety_identifier',
  'seed',
  'service_tier',
  'stop',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'user',
  'verbosity',
  'web_search_options',
]

/** Reads a body; throws the parser's words for one that does not fit (musistudio/claude-code-router#1087). */
export function parseOpenAiChat(body: unknown): OpenAiChat {
  if (typeof body !== 'object' || body === null) throw undeserializable('expected value', 0)
  const fields = body as Json
  const column = JSON.stringify(body).length
  const extra = Object.keys(fields).find((name) => !MEMBERS.includes(name))
  if (extra !== undefined) {
    const expected = MEMBERS.map((name) => `\`${name}\``).join(', ')
    throw undeserializable(`${extra}: unknown field \`${extra}\`, expected one of ${expected}`, column)
  }
  const missing = ['messages', 'model'].find((name) => fields[name] === undefined)
  if (missing !== undefined) throw undeserializable(`missing field \`${missing}\``, column)
  return {
    model: String(fields['model']),
    streams: fields['stream'] === true,
    includesUsage: member(fields['stream_options'], 'include_usage') === true,
    request: toRequest(fields),
  }
}

function undeserializable(fault: string, column: number): BedrockError {
  return new BedrockError({
    status: 400,
    type: 'validation_error',
    message: `Failed to deserialize the JSON body into the target type: ${fault} at line 1 column ${column}`,
  })
}

function toRequest(fields: Json): ConverseRequest {
  const messages = Array.isArray(fields['messages']) ? (fields['messages'] as readonly unknown[]) : []
  const stop = fields['stop']
  return parseConverse({
    messages: messages.map((message) => ({
      role: String(member(message, 'role')),
      content: toTexts(member(message, 'content')).map((text) => ({ text })),
    })),
    inferenceConfig: {
      maxTokens: fields['max_completion_tokens'] ?? fields['max_tokens'],
      stopSequences: typeof stop === 'string' ? [stop] : stop,
    },
  })
}

function toTexts(content: unknown): readonly string[] {
  if (typeof content === 'string') return [content]
  if (!Array.isArray(content)) return []
  return content.flatMap((part) => member(part, 'text') ?? []).map(String)
}

/** What identifies one completion in all its parts. */
export interface CompletionIdentity {
  readonly id: string
  readonly created: number
  readonly model: string
}

/** A whole chat.completion; members as in recording 846. */
export function toCompletion(answer: Answer, identity: CompletionIdentity, host: OpenAiHost): unknown {
  const said = toSaid(answer, host)
  return {
    choices: [
      {
        finish_reason: finishReason(answer.stopReason),
        index: 0,
        logprobs: null,
        message: {
          content: said.content === '' && said.toolCalls.length > 0 ? null : said.content,
          ...(said.reasoning === '' ? {} : { reasoning: said.reasoning }),
          refusal: null,
          role: 'assistant',
          ...(said.toolCalls.length === 0 ? {} : { tool_calls: said.toolCalls }),
        },
      },
    ],
    ...toHead(identity, 'chat.completion'),
    service_tier: 'default',
    usage: toUsage(answer),
  }
}

/** The `data:` lines of a streamed completion, `[DONE]` included. */
export function toChunkLines(
  answer: Answer,
  identity: CompletionIdentity,
  options: { readonly host: OpenAiHost; readonly includesUsage: boolean },
): readonly Buffer[] {
  const said = toSaid(answer, options.host)
  const head = toHead(identity, 'chat.completion.chunk')
  const chunk = (delta: object, reason: string | null = null) => ({
    choices: [{ delta, finish_reason: reason, index: 0, logprobs: null }],
    ...head,
    service_tier: 'default',
    ...(options.includesUsage ? { usage: null } : {}),
  })
  return [
    chunk({ content: '', role: 'assistant' }),
    ...pieces(said.reasoning).map((reasoning) => chunk({ reasoning })),
    ...pieces(said.content).map((content) => chunk({ content })),
    ...said.toolCalls.map((call, index) => chunk({ tool_calls: [{ index, ...call }] })),
    chunk({}, finishReason(answer.stopReason)),
    ...(options.includesUsage ? [{ choices: [], ...head, usage: toUsage(answer) }] : []),
  ]
    .map(toDataLine)
    .concat(Buffer.from('data: [DONE]\n\n'))
}

/** One server-sent event. */
export function toDataLine(value: unknown): Buffer {
  return Buffer.from(`data: ${JSON.stringify(value)}\n\n`)
}

/** An error in OpenAI's form; members as in BerriAI/litellm#32336. */
export function toOpenAiError(error: BedrockError): unknown {
  const { status, type, message } = error.failure
  if (error.origin === 'authentication') {
    return { error: { code: 'invalid_api_key', message, type: 'permission_denied_error' } }
  }
  return { error: { code: type, message, type: ERROR_TYPES[status] ?? 'server_error' } }
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  403: 'permission_denied_error',
  404: 'invalid_request_error',
  429: 'rate_limit_error',
}

interface Said {
  readonly content: string
  readonly reasoning: string
  readonly toolCalls: readonly object[]
}

// Mantle has a member for reasoning (recording 846). The runtime puts it before the text, in tags: the same models by
// InvokeModel do (bedrock-facts C5).
function toSaid(answer: Answer, host: OpenAiHost): Said {
  const blocks = answer.parts.map(
    (part): ContentBlock => (part.type === 'text' ? { text: part.chunks.join('') } : part.block),
  )
  const text = blocks.map((block) => block.text ?? '').join('')
  const reasoning = blocks.map((block) => block.reasoningContent?.reasoningText?.text ?? '').join('')
  const toolCalls = blocks.flatMap(({ toolUse }) =>
    toolUse === undefined
      ? []
      : [
          {
            id: toolUse.toolUseId,
            type: 'function',
            function: { name: toolUse.name, arguments: JSON.stringify(toolUse.input) },
          },
        ],
  )
  if (host === 'mantle') return { content: text, reasoning, toolCalls }
  const content = reasoning === '' ? text : `<reasoning>${reasoning}</reasoning>${text}`
  return { content, reasoning: '', toolCalls }
}

function toHead(identity: CompletionIdentity, object: string): object {
  return { created: identity.created, id: identity.id, model: identity.model, object }
}

function toUsage({ usage }: Answer): object {
  return {
    completion_tokens: usage.outputTokens,
    prompt_tokens: usage.inputTokens,
    total_tokens: usage.totalTokens,
  }
}

function finishReason(stopReason: string): string {
  if (stopReason === 'tool_use') return 'tool_calls'
  return stopReason === 'max_tokens' ? 'length' : 'stop'
}

function pieces(text: string): readonly string[] {
  return text === '' ? [] : textFragments(text)
}
