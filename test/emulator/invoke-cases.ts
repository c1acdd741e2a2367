import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_BEHAVIOUR } from './behaviour.js'
import { answerInvoke, type InvokeAnswer } from './invoke.js'
import { BedrockError } from './wire-error.js'

/** A body for one model and what becomes of it; `message` null: it is answered. */
export interface InvokeCase {
  readonly name: string
  readonly body: object
  readonly message: string | RegExp | null
}

/** What a model answers to a body. Rejects with its refusal. */
export async function invoke(modelId: string, body: object): Promise<InvokeAnswer> {
  const input = { modelId, body: body as Readonly<Record<string, unknown>>, behaviour: DEFAULT_BEHAVIOUR }
  return await answerInvoke(input, JSON.stringify(body).length)
}

/** The frame of a body that the schema refuses. */
export const malformed = (words: string) =>
  `Malformed input request: ${words}, please reformat your input and try again.`

/** One test for each case. */
export function testInvoke(modelId: string, cases: readonly InvokeCase[]): void {
  for (const { name, body, message } of cases) {
    test(`${modelId}: ${name} ${message === null ? 'is answered' : 'is refused in Bedrock’s words'}`, async () => {
      const outcome = await invoke(modelId, body).then(
        () => null,
        (error: unknown) => error,
      )
      if (message === null) return assert.equal(outcome, null)
      assert(outcome instanceof BedrockError, 'the body was answered')
      if (typeof message === 'string') assert.equal(outcome.message, message)
      else assert.match(outcome.message, message)
      assert.deepEqual(
        { status: outcome.failure.status, type: outcome.failure.type },
        { status: 400, type: 'ValidationException' },
      )
    })
  }
}
