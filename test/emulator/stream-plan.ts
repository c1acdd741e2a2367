import { type Answer, type AnswerPart, toWireUsage } from './answer.js'
import type { Behaviour, PreparedStream } from './behaviour.js'
import { blockFrames } from './block-frames.js'
import { corruptMessageCrc, encodeEvent, encodeException } from './event-stream-encoder.js'
import type { ToolInputStyle } from './fragments.js'
import { toDataLine } from './openai-chat.js'

/** What goes over the wire for one stream: buffers in order, then an ending. */
export interface StreamPlan {
  readonly writes: readonly Buffer[]
  /** `reset`: TCP reset; `end`: end of body; `hang`: nothing more, the connection stays. */
  readonly ending: 'reset' | 'end' | 'hang'
}

const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** The frames of an answer in the recorded order: its blocks one after the other, metadata last (bedrock-facts C5). */
export function toFrames(
  answer: Answer,
  options: { emptyTextDeltas: number; latencyMs: number; random: () => number; toolInput: ToolInputStyle },
): readonly Buffer[] {
  const padding = () => PADDING.slice(0, 1 + Math.floor(options.random() * PADDING.length))
  const parts = startWithEmptyDeltas(answer.parts, options.emptyTextDeltas)
  return [
    encodeEvent('messageStart', { p: padding(), role: 'assistant' }),
    ...parts.flatMap((part, index) => blockFrames(part, index, { toolInput: options.toolInput, padding })),
    encodeEvent('messageStop', { p: padding(), stopReason: answer.stopReason }),
    encodeEvent('metadata', {
      metrics: { latencyMs: options.latencyMs },
      p: padding(),
      ...(answer.trace === undefined ? {} : { trace: answer.trace }),
      usage: toWireUsage(answer.usage),
    }),
  ]
}

function startWithEmptyDeltas(parts: readonly AnswerPart[], count: number): readonly AnswerPart[] {
  const first = parts.findIndex((part) => part.type === 'text')
  return parts.map((part, index) =>
    part.type === 'text' && index === first
      ? { type: 'text', chunks: [...Array<string>(count).fill(''), ...part.chunks] }
      : part,
  )
}

/** Frames with the behaviour's faults in them, grouped into writes. The first fault in stream order ends the stream. */
export function planStream(frames: readonly Buffer[], behaviour: Behaviour): StreamPlan {
  const { corruptCrcAtFrame, exception, cut, hangAfterFrames } = behaviour
  const sent = frames.map((frame, index) => (index === corruptCrcAtFrame ? corruptMessageCrc(frame) : frame))
  const grouped = (count: number, extra: readonly Buffer[] = []) =>
    group([...sent.slice(0, count), ...extra], behaviour)
  if (exception !== null) {
    const last = encodeException(exception.type, exception.message)
    return { writes: grouped(exception.afterFrames, [last]), ending: 'end' }
  }
  if (cut !== null) {
    const next = sent[cut.afterFrames]
    const half =
      cut.midFrame === true && next !== undefined ? [next.subarray(0, Math.floor(next.length / 2))] : []
    return { writes: grouped(cut.afterFrames, half), ending: cut.how }
  }
  if (hangAfterFrames !== null) return { writes: grouped(hangAfterFrames), ending: 'hang' }
  return { writes: grouped(sent.length), ending: 'end' }
}

/** The same for the lines of OpenAI's protocol: an exception becomes an error event, and there is no CRC to be wrong. */
export function planLines(lines: readonly Buffer[], behaviour: Behaviour): StreamPlan {
  const { exception } = behaviour
  if (exception === null) return planStream(lines, { ...behaviour, corruptCrcAtFrame: null })
  const error = { error: { code: exception.type, message: exception.message, type: 'server_error' } }
  return {
    writes: group([...lines.slice(0, exception.afterFrames), toDataLine(error)], behaviour),
    ending: 'end',
  }
}

/** A plan whose text writes are one buffer, encoded once: a stream costs the emulator no more than its writes. */
export function prepareStream(prepared: PreparedStream): StreamPlan {
  const text = 'x'.repeat(prepared.bytesPerEvent)
  const [start, delta, ...end] = toFrames(
    {
      parts: [{ type: 'text', chunks: [text] }],
      stopReason: 'end_turn',
      usage: { inputTokens: 1, outputTokens: prepared.events, totalTokens: prepared.events + 1 },
    },
    { emptyTextDeltas: 0, latencyMs: 0, random: () => 0.25, toolInput: 'nova' },
  )
  if (start === undefined || delta === undefined)
    throw new Error('an answer has at least a start and a delta')
  const perWrite = Math.max(1, prepared.eventsPerWrite)
  const full = Buffer.concat(Array<Buffer>(perWrite).fill(delta))
  const rest = prepared.events % perWrite
  return {
    writes: [
      start,
      ...Array<Buffer>(Math.floor(prepared.events / perWrite)).fill(full),
      ...(rest === 0 ? [] : [full.subarray(0, rest * delta.length)]),
      Buffer.concat(end),
    ],
    ending: 'end',
  }
}

function group(frames: readonly Buffer[], behaviour: Behaviour): readonly Buffer[] {
  const size = behaviour.eventsPerWrite
  if (size <= 1) return frames
  const groups = Math.ceil(frames.length / size)
  return Array.from({ length: groups }, (_, index) =>
    Buffer.concat(frames.slice(index * size, (index + 1) * size)),
  )
}
