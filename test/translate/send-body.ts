import assert from 'node:assert/strict'
import { join } from 'node:path'
import fc from 'fast-check'
import type { ConverseRequest } from '../../src/bedrock/types.js'
import type { ChatTarget } from '../../src/catalog/types.js'
import { GatewayError } from '../../src/errors.js'
import { type Fields, isFields } from '../../src/openai/fields.js'
import type { ChatRequest } from '../../src/openai/types.js'
import { parseBody } from '../../src/parse-body.js'
import { type PreparedChat, parseChat, translateChat } from '../../src/prepare-chat.js'
import { parseConverse } from '../emulator/converse-request.js'
import { checkConverse } from '../emulator/converse-rules.js'
import { parseOpenAiChat } from '../emulator/openai-chat.js'
import { reasoningSignature } from '../emulator/reasoning-signer.js'
import { loadRequestChecker } from '../emulator/service-model.js'
import { awsDir } from '../shared.js'
import { ALTERED_SIGNATURE, aliasDefaults, keptReasoning, lessons, policy } from './arbitrary-request.js'
import { conversationProblems } from './conversation-problems.js'
import type { EmulatedModel } from './emulated-models.js'
import { giveMedia, withTakenMedia } from './given-media.js'
import { openAiProblems } from './openai-problems.js'

/** AWS's own description of the service: without it the check of Converse requests is half a check. */
export const serviceModelPath = join(awsDir, 'bedrock-runtime.service-2.json')
const checker = loadRequestChecker(serviceModelPath)

/** What surrounds one body. */
export const surroundings = fc.record({
  defaults: aliasDefaults,
  policy,
  keptReasoning,
  lessons,
  /** What the model does not take is sent nevertheless. */
  foreignMedia: fc.oneof(
    { weight: 19, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
})
export type Surroundings = typeof surroundings extends fc.Arbitrary<infer Value> ? Value : never

/** A request that was taken, and what is sent of it. */
export interface Sent {
  readonly request: ChatRequest
  readonly prepared: PreparedChat
}

/** A body's way through the gateway, from its bytes to those for AWS; null: refused, in words that name the field. */
export function send(target: ChatTarget, body: Fields, around: Surroundings): Sent | null {
  try {
    const resolved: ChatTarget = { ...target, defaults: around.defaults }
    const known = around.foreignMedia ? body : withTakenMedia(body, target.capabilities)
    const fields = parseBody([Buffer.from(JSON.stringify({ model: target.requested, ...known }))])
    const request = parseChat(fields, resolved)
    const context = { ...around, target: resolved, media: giveMedia(request, resolved) }
    return { request, prepared: translateChat(request, context) }
  } catch (error) {
    assertRefusal(error)
    const { param, message } = error
    assert.ok(param !== null && message.includes(param), `${message} names no field, ${param} is it`)
    return null
  }
}

/** Throws whatever is no refusal of ours with a 4xx status. */
export function assertRefusal(error: unknown): asserts error is GatewayError {
  if (!(error instanceof GatewayError)) throw error
  assert.ok(error.status >= 400 && error.status < 500, `${error.status} ${error.message}`)
}

/** The model alone knows its signatures; an altered one is the client's own doing. */
const signer = {
  verifies: (text: string, signature: string): boolean =>
    signature === reasoningSignature(text) || signature === ALTERED_SIGNATURE,
}

/** Throws what AWS, the emulator or the facts have against a Converse request. */
export function assertConverse({ request, prepared }: Sent, { row }: EmulatedModel): void {
  const body: unknown = JSON.parse(String(prepared.body))
  const streams = prepared.upstreamStreams
  checker?.check(streams ? 'ConverseStream' : 'Converse', { modelId: prepared.target.id, body })
  assert.deepEqual(conversationProblems(body as ConverseRequest), [])
  const converse = parseConverse(body)
  const additionalModelRequestFields = withoutOwn(converse.additionalModelRequestFields, request)
  checkConverse({ ...converse, additionalModelRequestFields }, row, { signer, streams })
}

/** What the client says to the model itself goes on unread: it answers for that alone. */
function withoutOwn(fields: Fields, { modelFields }: ChatRequest): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => !Object.hasOwn(modelFields ?? {}, name)),
  )
}

/** Throws what the emulator or the protocol have against a chat for a native OpenAI endpoint. */
export function assertOpenAi({ request, prepared }: Sent): void {
  const said: unknown = JSON.parse(String(prepared.body))
  assert.ok(isFields(said))
  const own = { ...withoutOwn(said, request), model: said['model'], messages: said['messages'] }
  parseOpenAiChat(own)
  assert.deepEqual(openAiProblems(own), [])
}
