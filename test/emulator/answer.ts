import type { ContentBlock } from '../../src/bedrock/types.js'
import type { Behaviour, Usage } from './behaviour.js'
import { type ConverseRequest, lastUserText } from './converse-request.js'
import { textFragments } from './fragments.js'

/** One block of an answer. Text carries its deltas: its concatenation is the block. */
export type AnswerPart =
  | { readonly type: 'text'; readonly chunks: readonly string[] }
  | { readonly type: 'block'; readonly block: ContentBlock }

/** What the model says to one request. */
export interface Answer {
  readonly parts: readonly AnswerPart[]
  readonly stopReason: string
  readonly usage: Usage
  /** Members that a guardrail adds to the reply or to the stream's metadata. */
  readonly trace?: unknown
}

/** What an answer depends on beside the behaviour and the request. */
export interface AnswerFacts {
  readonly requestBytes: number
  /** Signs reasoning and remembers it. */
  readonly sign: (block: ContentBlock) => ContentBlock
  /** Input tokens, cached ones apart; null: count the words. */
  readonly inputUsage: InputUsage | null
}

/** The part of the usage that a prompt cache decides. */
export type InputUsage = Omit<Usage, 'outputTokens' | 'totalTokens'>

const ECHO_CHARACTERS_MAX = 4096
const COUNTED_BYTES_MAX = 65536
const BYTES_PER_TOKEN = 5

/**
 * The answer to a request: as the behaviour says, else an echo of the last user text (its first 4096 characters).
 * One word counts as one token; requests over 64 KiB are counted by their bytes, so that they do not hold the loop.
 * Scripted content is said whole, whatever maxTokens and the stop sequences are.
 */
export function composeAnswer(behaviour: Behaviour, request: ConverseRequest, facts: AnswerFacts): Answer {
  const said = behaviour.content === null ? sayText(behaviour, request) : sayContent(behaviour.content, facts)
  const input = facts.inputUsage ?? { inputTokens: countInput(request, facts.requestBytes) }
  const cached = (input.cacheReadInputTokens ?? 0) + (input.cacheWriteInputTokens ?? 0)
  const outputTokens = said.parts.reduce((sum, part) => sum + countPart(part), 0)
  return {
    parts: said.parts,
    stopReason: behaviour.stopReason ?? said.stopReason,
    // The total includes cached tokens (bedrock-facts C4).
    usage: behaviour.usage ?? {
      ...input,
      outputTokens,
      totalTokens: input.inputTokens + cached + outputTokens,
    },
  }
}

/** The body of a Converse reply; members as in recording 734, the order of `trace` as in 193. */
export function toConverseReply(answer: Answer, latencyMs: number): unknown {
  return {
    metrics: { latencyMs },
    output: { message: { content: answer.parts.map(toBlock), role: 'assistant' } },
    stopReason: answer.stopReason,
    ...(answer.trace === undefined ? {} : { trace: answer.trace }),
    usage: toWireUsage(answer.usage),
  }
}

/** Usage as it is on the wire: cache counts twice, under two names (bedrock-facts C4, recording 738). */
export function toWireUsage(usage: Usage): unknown {
  const { cacheReadInputTokens, cacheWriteInputTokens } = usage
  return {
    ...usage,
    ...(cacheReadInputTokens === undefined ? {} : { cacheReadInputTokenCount: cacheReadInputTokens }),
    ...(cacheWriteInputTokens === undefined ? {} : { cacheWriteInputTokenCount: cacheWriteInputTokens }),
    serverToolUsage: {},
  }
}

/** An answer of plain text. */
export function textPart(text: string): AnswerPart {
  return { type: 'text', chunks: textFragments(text) }
}

interface Said {
  readonly parts: readonly AnswerPart[]
  readonly stopReason: string
}

// A server-side tool has run already: the turn ends as if it were not there (bedrock-facts C5).
function sayContent(content: readonly ContentBlock[], facts: AnswerFacts): Said {
  const waits = content.some(
    ({ toolUse }) => toolUse !== undefined && (toolUse.type ?? 'tool_use') === 'tool_use',
  )
  return {
    parts: content.map(
      (block): AnswerPart =>
        block.text === undefined ? { type: 'block', block: facts.sign(block) } : textPart(block.text),
    ),
    stopReason: waits ? 'tool_use' : 'end_turn',
  }
}

function sayText(behaviour: Behaviour, request: ConverseRequest): Said {
  const wanted = wantedChunks(behaviour, request)
  const said =
    behaviour.events === null
      ? applyMaxTokens(applyStopSequences(wanted, request), request)
      : { chunks: wanted, stopReason: 'end_turn' }
  return { parts: [{ type: 'text', chunks: said.chunks }], stopReason: said.stopReason }
}

function wantedChunks(behaviour: Behaviour, request: ConverseRequest): readonly string[] {
  if (behaviour.events !== null)
    return Array<string>(behaviour.events).fill('x'.repeat(behaviour.bytesPerEvent))
  if (behaviour.chunks !== null) return behaviour.chunks
  const text = behaviour.text ?? `You said: ${lastUserText(request).slice(0, ECHO_CHARACTERS_MAX)}`
  return text === '' ? [] : textFragments(text)
}

interface TextSaid {
  readonly chunks: readonly string[]
  readonly stopReason: string
}

// Shape InferenceConfiguration: generation stops before a stop sequence; stop reason `stop_sequence`.
function applyStopSequences(chunks: readonly string[], request: ConverseRequest): TextSaid {
  const sequences = request.inferenceConfig['stopSequences']
  const text = chunks.join('')
  const found = (Array.isArray(sequences) ? sequences : []).map((sequence) => text.indexOf(String(sequence)))
  const ends = found.filter((index) => index >= 0)
  if (ends.length === 0) return { chunks, stopReason: 'end_turn' }
  const kept = text.slice(0, Math.min(...ends))
  return { chunks: kept === '' ? [] : textFragments(kept), stopReason: 'stop_sequence' }
}

// Shape InferenceConfiguration: at most maxTokens; stop reason `max_tokens`.
function applyMaxTokens(answer: TextSaid, request: ConverseRequest): TextSaid {
  const maxTokens = request.inferenceConfig['maxTokens']
  if (typeof maxTokens !== 'number' || answer.chunks.length <= maxTokens) return answer
  return { chunks: answer.chunks.slice(0, maxTokens), stopReason: 'max_tokens' }
}

function toBlock(part: AnswerPart): ContentBlock {
  return part.type === 'text' ? { text: part.chunks.join('') } : part.block
}

function countPart(part: AnswerPart): number {
  return part.type === 'text' ? part.chunks.length : countWords(JSON.stringify(part.block))
}

function countInput(request: ConverseRequest, requestBytes: number): number {
  return requestBytes > COUNTED_BYTES_MAX
    ? Math.round(requestBytes / BYTES_PER_TOKEN)
    : countWords(JSON.stringify([request.system, request.messages]))
}

function countWords(text: string): number {
  return text.match(/\w+/g)?.length ?? 0
}
