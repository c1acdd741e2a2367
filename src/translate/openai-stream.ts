import { fromBedrockFailure, toErrorBody } from '../bedrock/errors.js'
import { FrameError } from '../bedrock/frame-decoder.js'
import type { OpenAiReply, OpenAiReplyChoice } from '../bedrock/openai-types.js'
import { createChunkWriter } from '../openai/chunks.js'
import { isFields } from '../openai/fields.js'
import { UNKNOWN_FORMAT } from '../openai/reasoning-details.js'
import { toClientFinishReason } from './openai-finish-reason.js'
import { firstChoiceOf, readMessage } from './openai-message.js'
import { toOpenAiServiceTier } from './openai-service-tier.js'
import { createToolCallSequence, type ToolCallFragment } from './openai-tool-calls.js'
import { toOpenAiUsage } from './openai-usage.js'
import { createReasoningTagSplitter, type TaggedText } from './reasoning-tag.js'
import { createReplyState, type ReplyState } from './reply-state.js'
import type { StreamTranslatorOptions } from './stream.js'

/** Turns the events of one native OpenAI stream into the chunks of one reply of ours. */
export interface OpenAiStreamTranslator {
  /**
   * The server-sent events for one event. Throws a `GatewayError` for an error event, and a `FrameError` for data that is
   * no JSON object.
   */
  push(name: string, data: string): string
  /** Stopped by a finish reason. These endpoints give no thoughts that could prove themselves to a later request: none are kept. */
  readonly reply: ReplyState
}

/** What ends the stream; no promise: the connection may as well just end. */
const DONE = '[DONE]'

export function createOpenAiStreamTranslator({
  head,
  plan,
  choice,
}: StreamTranslatorOptions): OpenAiStreamTranslator {
  const writer = createChunkWriter({ head, includeUsage: plan.includeUsage, choice })
  const place = { index: 0, format: plan.reasoningFormat ?? UNKNOWN_FORMAT }
  const tags = createReasoningTagSplitter()
  const calls = createToolCallSequence(plan, (index) => `call-${head.id}-${choice}-${index}`)
  let started = false
  const state = createReplyState()
  let guardrailAction: unknown

  function start(): string {
    if (started) return ''
    started = true
    return writer.role()
  }

  const writePieces = (pieces: readonly TaggedText[]): string =>
    pieces
      .map(({ type, text }) => (type === 'content' ? writer.content(text) : writer.reasoning(text, place)))
      .join('')

  function writeFragment({ index, start: begun, arguments: json }: ToolCallFragment): string {
    if (!plan.legacyFunctions) {
      const opening = begun === null ? '' : writer.toolCall({ index, ...begun })
      return json === '' ? opening : opening + writer.toolArguments(index, json)
    }
    // `function_call` holds one call: the model makes the others again when it has the first one's result.
    if (index > 0) return ''
    const opening = begun === null ? '' : writer.functionCall(begun.name)
    return json === '' ? opening : opening + writer.functionArguments(json)
  }

  const writeFragments = (fragments: readonly ToolCallFragment[]): string =>
    fragments.map(writeFragment).join('')

  function writeDelta(delta: unknown): string {
    const { text, reasoning, toolCalls } = readMessage(delta)
    let events = reasoning === '' ? '' : writer.reasoning(reasoning, place)
    if (text !== '') events += writePieces(tags.push(text))
    for (const call of toolCalls) events += writeFragments(calls.push(call))
    return events
  }

  function finish(finishReason: unknown): string {
    state.stopped = true
    const events = writePieces(tags.end()) + writeFragments(calls.end())
    const ending = { finishReason, hasToolCalls: calls.callsTotal() > 0, guardrailAction }
    return events + writer.finish(toClientFinishReason(ending, plan))
  }

  return {
    reply: state,
    push(name, data) {
      if (data === DONE) return ''
      const reply = parseReply(name, data)
      state.usage = toOpenAiUsage(reply.usage) ?? state.usage
      state.serviceTier = toOpenAiServiceTier(reply.service_tier) ?? state.serviceTier
      guardrailAction = reply['amazon-bedrock-guardrailAction'] ?? guardrailAction
      const first: OpenAiReplyChoice | null = firstChoiceOf(reply)
      if (first === null || state.stopped) return ''
      const events = start() + writeDelta(first.delta)
      const { finish_reason: finishReason } = first
      return typeof finishReason === 'string' && finishReason !== '' ? events + finish(finishReason) : events
    },
  }
}

function parseReply(name: string, data: string): OpenAiReply {
  const body = parseObject(data)
  const failed =
    name === 'error' || name.endsWith('Exception') || isError(body['error']) || isFields(body['Output'])
  if (!failed) return body
  const said = toErrorBody(body)
  throw fromBedrockFailure({
    name: name.endsWith('Exception') ? name : (said?.name ?? null),
    status: null,
    message: said?.message ?? null,
    originalStatus: said?.originalStatus ?? null,
    requestId: null,
  })
}

/** `error` may stand in every chunk, as null. */
function isError(value: unknown): boolean {
  return isFields(value) || (typeof value === 'string' && value !== '')
}

function parseObject(data: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(data)
    if (isFields(body)) return body
  } catch {
    // Falls through: the same complaint.
  }
  throw new FrameError('Event data is not a JSON object')
}
