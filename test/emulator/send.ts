import type { ServerResponse } from 'node:http'
import { toOpenAiError } from './openai-chat.js'
import { type BedrockError, toErrorReply } from './wire-error.js'

/** Where a reply goes and what is noted about it. */
export interface Reply {
  readonly response: ServerResponse
  readonly record: { status: number; refusal: string | null }
}

/** A reply to play back as it is, for example from a recording. */
export interface CannedReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Byte offsets at which the body is cut into separate writes. */
  readonly cutAt?: readonly number[]
}

const HOP_HEADERS = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'])

/** A 200 with a JSON body. */
export function sendJson({ response, record }: Reply, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body))
  record.status = 200
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes)
}

/** A refusal in Bedrock’s form. */
export function sendError({ response, record }: Reply, error: BedrockError): void {
  const reply = toErrorReply(error)
  record.status = error.failure.status
  record.refusal = typeof error.cause === 'string' ? `${error.message} (${error.cause})` : error.message
  response.writeHead(error.failure.status, reply.headers).end(reply.body)
}

/** A path that no operation has. Status 200 and this body: BerriAI/litellm#8911 and #13618. */
export function sendUnknownOperation(reply: Reply): void {
  sendJson(reply, {
    Output: { __type: 'com.amazon.coral.service#UnknownOperationException' },
    Version: '1.0',
  })
  reply.record.refusal = 'no such operation'
}

/** A path that mantle has no route for (BerriAI/litellm#27943). */
export function sendNotFound({ response, record }: Reply): void {
  record.status = 404
  record.refusal = 'no such path'
  response.writeHead(404, { 'content-type': 'text/plain' }).end('Not Found')
}

/** A refusal in OpenAI’s form. */
export function sendOpenAiError({ response, record }: Reply, error: BedrockError): void {
  record.status = error.failure.status
  record.refusal = error.message
  const body = Buffer.from(JSON.stringify(toOpenAiError(error)))
  response
    .writeHead(error.failure.status, {
      'content-type': 'application/json',
      'content-length': body.length,
    })
    .end(body)
}

/** A reply played back as it is. */
export function sendCanned({ response, record }: Reply, reply: CannedReply): void {
  record.status = reply.status
  const headers = Object.entries(reply.headers).filter(([name]) => !HOP_HEADERS.has(name.toLowerCase()))
  response.writeHead(reply.status, Object.fromEntries(headers))
  const bounds = [0, ...(reply.cutAt ?? []), reply.body.length]
  const parts = bounds.slice(1).map((end, index) => reply.body.subarray(bounds[index], end))
  writeApart(response, parts)
}

// One turn of the event loop between parts, so that each is a segment of its own.
function writeApart(response: ServerResponse, parts: readonly Buffer[]): void {
  const [part, ...rest] = parts
  if (part === undefined) {
    response.end()
    return
  }
  response.write(part, () => setImmediate(() => writeApart(response, rest)))
}
