import { crc32 } from 'node:zlib'
import { encodeEvent } from '../emulator/event-stream-encoder.js'

/** Stands once in each text event, whatever a contender wraps around it: counting it counts events. */
export const MARKER = Buffer.from('lorem-ipsum-')
/** Digits after the marker: microseconds that the upstream itself waited before this event; of a paced one, when it was written. */
export const STAMP_DIGITS = 8

export const MODEL_ID = 'anthropic.claude-3-haiku-20240307-v1:0'
export const BEARER_TOKEN = 'bedrock-test-token'

/** One reply of the upstream. */
export interface UpstreamPlan {
  /** Text events in a streamed reply. */
  readonly events: number
  /** Events in one HTTP chunk. Paced streams have one. */
  readonly eventsPerChunk: number
  /** 0: everything at once. */
  readonly eventsPerSecond: number
  /** From the request's arrival to the first event of a streamed reply. */
  readonly firstTokenDelayMs: number
  /** Text bytes in a reply that is not streamed. */
  readonly answerBytes: number
  /** Paced streams that still run when this plan comes are cut: who did not cancel them has no part in what follows. */
  readonly cutsRunning: boolean
}

export const DEFAULT_PLAN: UpstreamPlan = {
  events: 500,
  eventsPerChunk: 1,
  eventsPerSecond: 0,
  firstTokenDelayMs: 0,
  answerBytes: 1024,
  cutsRunning: true,
}

/** The frame of one text event: 20 bytes of text, of which the last are the stamp; padding as long as Bedrock's usually is. */
export function toTextFrame(waitedUs: number): Buffer {
  const text = MARKER.toString() + String(Math.round(waitedUs)).padStart(STAMP_DIGITS, '0')
  return encodeEvent('contentBlockDelta', {
    contentBlockIndex: 0,
    delta: { text },
    p: 'abcdefghijklmnopqrstuvwxyzABCD',
  })
}

/** What stands before the text events: `messageStart`. */
export function toFirstFrames(): Buffer {
  return encodeEvent('messageStart', { p: 'abcdefghijkl', role: 'assistant' })
}

/** What ends a complete reply, in the order that Bedrock keeps. */
export function toLastFrames(events: number): Buffer {
  return Buffer.concat([
    encodeEvent('contentBlockStop', { contentBlockIndex: 0, p: 'abcdefghijkl' }),
    encodeEvent('messageStop', { p: 'abcdefghijkl', stopReason: 'end_turn' }),
    encodeEvent('metadata', {
      metrics: { latencyMs: 1 },
      p: 'abcdefghijkl',
      usage: { inputTokens: 10, outputTokens: events, totalTokens: events + 10 },
    }),
  ])
}

/** One chunk of HTTP/1.1's chunked coding. */
export function toHttpChunk(content: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`${content.length.toString(16)}\r\n`, 'latin1'),
    content,
    Buffer.from('\r\n', 'latin1'),
  ])
}

const TEXT_CHUNK = toHttpChunk(toTextFrame(0))
const FRAME_AT = TEXT_CHUNK.indexOf('\r\n') + 2
const STAMP_AT = TEXT_CHUNK.indexOf(MARKER) + MARKER.length
/** The frame's last four bytes, before the chunk's line end. */
const CRC_AT = TEXT_CHUNK.length - 2 - 4

/** `toHttpChunk(toTextFrame(stampUs))`, of whole microseconds, without encoding it anew. */
export function toStampedChunk(stampUs: number): Buffer {
  const chunk = Buffer.from(TEXT_CHUNK)
  chunk.write(String(stampUs).padStart(STAMP_DIGITS, '0'), STAMP_AT, 'latin1')
  chunk.writeUInt32BE(crc32(chunk.subarray(FRAME_AT, CRC_AT)), CRC_AT)
  return chunk
}

export const LAST_HTTP_CHUNK = Buffer.from('0\r\n\r\n', 'latin1')

export const STREAM_HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\n' +
    'x-amzn-RequestId: 11111111-2222-3333-4444-555555555555\r\ntransfer-encoding: chunked\r\n\r\n',
  'latin1',
)

/** A whole streamed reply, from status line to last chunk. */
export function toStreamReply({ events, eventsPerChunk }: UpstreamPlan): Buffer {
  const frame = toTextFrame(0)
  const whole = toHttpChunk(Buffer.concat(Array<Buffer>(eventsPerChunk).fill(frame)))
  const rest = events % eventsPerChunk
  return Buffer.concat([
    STREAM_HEAD,
    toHttpChunk(toFirstFrames()),
    ...Array<Buffer>(Math.floor(events / eventsPerChunk)).fill(whole),
    ...(rest === 0 ? [] : [toHttpChunk(Buffer.concat(Array<Buffer>(rest).fill(frame)))]),
    toHttpChunk(toLastFrames(events)),
    LAST_HTTP_CHUNK,
  ])
}

/** A whole reply that is not streamed. */
export function toConverseReply({ answerBytes }: UpstreamPlan): Buffer {
  const body = JSON.stringify({
    metrics: { latencyMs: 1 },
    output: { message: { content: [{ text: 'x'.repeat(answerBytes) }], role: 'assistant' } },
    stopReason: 'end_turn',
    usage: { inputTokens: 10, outputTokens: 200, totalTokens: 210, serverToolUsage: {} },
  })
  return Buffer.from(
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n' +
      `x-amzn-RequestId: 11111111-2222-3333-4444-555555555555\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    'latin1',
  )
}

/** A prompt of this many characters, as a history of questions and answers would be written. */
export function toPrompt(characters: number): string {
  const sentence = 'Please explain in plain words what the following paragraph of the contract means. '
  return sentence.repeat(Math.ceil(characters / sentence.length)).slice(0, characters)
}

/** The body of a chat in OpenAI's protocol. */
export function toOpenAiBody(stream: boolean, promptCharacters: number, model = MODEL_ID): string {
  return JSON.stringify({
    model,
    stream,
    max_tokens: 4096,
    messages: [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: toPrompt(promptCharacters) },
    ],
  })
}

/** The same chat in Bedrock's. */
export function toConverseBody(promptCharacters: number): string {
  return JSON.stringify({
    messages: [{ role: 'user', content: [{ text: toPrompt(promptCharacters) }] }],
    system: [{ text: 'You are a helpful assistant.' }],
    inferenceConfig: { maxTokens: 4096 },
  })
}

/** A POST as it stands on the wire, for a connection that is used again. */
export function toPost(request: {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}): Buffer {
  const headers = {
    host: '127.0.0.1',
    connection: 'keep-alive',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(request.body)),
    ...request.headers,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`POST ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n${request.body}`)
}

/** The same chat, sent to Bedrock itself: what nginx passes on, and what the upstream is asked directly. */
export function toConversePost(stream: boolean, promptCharacters: number): Buffer {
  const operation = stream ? 'converse-stream' : 'converse'
  return toPost({
    path: `/model/${encodeURIComponent(MODEL_ID)}/${operation}`,
    headers: { authorization: `Bearer ${BEARER_TOKEN}` },
    body: toConverseBody(promptCharacters),
  })
}
