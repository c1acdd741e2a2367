import type { Behaviour, Usage } from './behaviour.js'
import { type ConverseRequest, lastUserText } from './converse-rules.js'

/** What the model says to one request. */
export interface Answer {
  /** Text deltas, in order; the whole answer is their concatenation. */
  readonly chunks: readonly string[]
  readonly stopReason: string
  readonly usage: Usage
}

const ECHO_CHARACTERS_MAX = 4096
const COUNTED_BYTES_MAX = 65536
const BYTES_PER_TOKEN = 5

/**
 * The answer to a request: as the behaviour says, else an echo of the last user text (its first 4096 characters).
 * One word counts as one token; requests over 64 KiB are counted by their bytes, so that they do not hold the loop.
 */
export function composeAnswer(behaviour: Behaviour, request: ConverseRequest, requestBytes: number): Answer {
  const wanted = wantedChunks(behaviour, request)
  const stopped =
    behaviour.events === null
      ? applyStopSequences(wanted, request)
      : { chunks: wanted, stopReason: 'end_turn' }
  const limited = behaviour.events === null ? applyMaxTokens(stopped, request) : stopped
  const inputTokens =
    requestBytes > COUNTED_BYTES_MAX
      ? Math.round(requestBytes / BYTES_PER_TOKEN)
      : countWords(JSON.stringify([request.system, request.messages]))
  const outputTokens = limited.chunks.length
  return {
    chunks: limited.chunks,
    stopReason: behaviour.stopReason ?? limited.stopReason,
    usage: behaviour.usage ?? { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
  }
}

/** The body of a Converse reply; members as in recording 734. */
export function toConverseReply(answer: Answer, latencyMs: number): unknown {
  return {
    metrics: { latencyMs },
    output: { message: { content: [{ text: answer.chunks.join('') }], role: 'assistant' } },
    stopReason: answer.stopReason,
    usage: { ...answer.usage, serverToolUsage: {} },
  }
}

function wantedChunks(behaviour: Behaviour, request: ConverseRequest): readonly string[] {
  if (behaviour.events !== null)
    return Array<string>(behaviour.events).fill('x'.repeat(behaviour.bytesPerEvent))
  if (behaviour.chunks !== null) return behaviour.chunks
  return splitWords(behaviour.text ?? `You said: ${lastUserText(request).slice(0, ECHO_CHARACTERS_MAX)}`)
}

function splitWords(text: string): readonly string[] {
  return text.match(/\s*\S+\s*/g) ?? []
}

// Shape InferenceConfiguration: generation stops before a stop sequence; stop reason `stop_sequence`.
function applyStopSequences(
  chunks: readonly string[],
  request: ConverseRequest,
): { chunks: readonly string[]; stopReason: string } {
  const sequences = request.inferenceConfig['stopSequences']
  const text = chunks.join('')
  const found = (Array.isArray(sequences) ? sequences : []).map((sequence) => text.indexOf(String(sequence)))
  const ends = found.filter((index) => index >= 0)
  if (ends.length === 0) return { chunks, stopReason: 'end_turn' }
  return { chunks: splitWords(text.slice(0, Math.min(...ends))), stopReason: 'stop_sequence' }
}

// Shape InferenceConfiguration: at most maxTokens; stop reason `max_tokens`.
function applyMaxTokens(
  answer: { chunks: readonly string[]; stopReason: string },
  request: ConverseRequest,
): { chunks: readonly string[]; stopReason: string } {
  const maxTokens = request.inferenceConfig['maxTokens']
  if (typeof maxTokens !== 'number' || answer.chunks.length <= maxTokens) return answer
  return { chunks: answer.chunks.slice(0, maxTokens), stopReason: 'max_tokens' }
}

function countWords(text: string): number {
  return text.match(/\w+/g)?.length ?? 0
}
