import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConverseResponse, ReasoningBlock } from '../../src/bedrock/types.js'
import type { ReplyHead } from '../../src/openai/chunks.js'
import { toCompletionBody } from '../../src/openai/completion.js'
import { parseReasoningDetails } from '../../src/openai/parse-reasoning-details.js'
import type { ReasoningDetail } from '../../src/openai/types.js'
import { toCompletion } from '../../src/translate/completion.js'
import { createStreamTranslator } from '../../src/translate/stream.js'
import { decodeEvents } from '../bedrock/decode.js'
import { readReplies } from '../bedrock/recordings.js'
import { recordingsDir, skipWithout } from '../shared.js'
import { type AssembledDetail, assemble } from './assemble.js'
import { replyPlan } from './chat-target.js'
import { parseChunks } from './chunks.js'
import { joinDeltas } from './recorded-content.js'

const skip = skipWithout(recordingsDir)
const HEAD: ReplyHead = { id: 'chatcmpl-1', created: 1_750_000_000, model: 'the-model' }
const CLAUDE = replyPlan({ reasoningFormat: 'anthropic-claude-v1' })

/** What Open WebUI keeps of a reply's details when it sends them back (its `convert_output_to_messages`). */
function asOpenWebuiReturns(details: readonly AssembledDetail[]): readonly AssembledDetail[] {
  return details.filter(({ format, signature }) => format !== 'anthropic-claude-v1' || signature)
}

function toBlock(detail: ReasoningDetail): ReasoningBlock {
  if (detail.type === 'encrypted') return { redactedContent: detail.data }
  const { text, signature } = detail
  return { reasoningText: { text, ...(signature === null ? {} : { signature }) } }
}

/** Only these can go back to Claude; the others are of models that do not sign. */
function isProven({ reasoningText, redactedContent }: ReasoningBlock): boolean {
  return redactedContent !== undefined || reasoningText?.signature !== undefined
}

function assertReturned(details: readonly AssembledDetail[], blocks: readonly ReasoningBlock[], id: string) {
  const returned = parseReasoningDetails({ reasoning_details: asOpenWebuiReturns(details) })
  assert.deepEqual(returned.map(toBlock).filter(isProven), blocks.filter(isProven), id)
}

test('what a recorded stream thought comes back through Open WebUI as Bedrock said it, to the letter', {
  skip,
}, () => {
  let provenTotal = 0
  for (const { id, body } of readReplies('ConverseStream')) {
    const { events } = decodeEvents([body])
    const translator = createStreamTranslator({ head: HEAD, plan: CLAUDE, choice: 0 })
    const { details } = assemble(parseChunks(events.map((event) => translator.push(event)).join('')))
    const blocks = joinDeltas(events).flatMap(({ reasoningContent }) => reasoningContent ?? [])
    assertReturned(details, blocks, id)
    provenTotal += blocks.filter(isProven).length
  }
  assert.ok(provenTotal >= 3, `${provenTotal} signed or encrypted blocks`)
})

test('what a recorded whole reply thought comes back as Bedrock said it, to the letter', { skip }, () => {
  let provenTotal = 0
  for (const { id, json } of readReplies('Converse')) {
    const response = json as ConverseResponse
    const { choice, usage } = toCompletion(response, CLAUDE)
    const { choices } = JSON.parse(toCompletionBody(HEAD, [choice], usage)) as {
      choices: [{ message: { reasoning_details?: readonly AssembledDetail[] } }]
    }
    const { reasoning_details: details = [] } = choices[0].message
    const blocks = response.output.message.content.flatMap(({ reasoningContent }) => reasoningContent ?? [])
    assertReturned(details, blocks, id)
    provenTotal += blocks.filter(isProven).length
  }
  assert.ok(provenTotal >= 6, `${provenTotal} signed or encrypted blocks`)
})
