import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Behaviour, DEFAULT_BEHAVIOUR } from '../behaviour.js'
import { answerInvoke } from '../invoke.js'
import { BedrockError } from '../wire-error.js'

export type Json = Readonly<Record<string, unknown>>

/** One body and what the model says to it. */
export interface ImageCase {
  readonly name: string
  readonly modelId: string
  /** A function where pictures must be made first. */
  readonly body: Json | (() => Promise<Json>)
  /** What the refusal says in full; null: it is answered. */
  readonly message: string | null
}

/** `Malformed input request: …` around one or more violations. */
export function malformedBy(...violations: readonly string[]): string {
  return `Malformed input request: ${violations.join('')}, please reformat your input and try again.`
}

/** One test for each case, named after it. */
export function testImages(subject: string, cases: readonly ImageCase[]): void {
  for (const { name, modelId, body, message } of cases) {
    test(`${subject}: ${name}`, async () => {
      const refusal = await refusalOf(modelId, typeof body === 'function' ? await body() : body)
      assert.equal(refusal?.message ?? null, message)
      if (refusal !== null)
        assert.deepEqual([refusal.failure.status, refusal.failure.type], [400, 'ValidationException'])
    })
  }
}

/** What a model answers to a body. */
export async function askModel(
  modelId: string,
  body: Json,
  behaviour: Partial<Behaviour> = {},
): Promise<{
  readonly images: readonly string[]
  readonly error?: string
  readonly maskImage?: string
  readonly seeds?: readonly number[]
  readonly finish_reasons?: readonly (string | null)[]
}> {
  const input = { modelId, body, behaviour: { ...DEFAULT_BEHAVIOUR, ...behaviour } }
  return (await answerInvoke(input, JSON.stringify(body).length)).body as Awaited<ReturnType<typeof askModel>>
}

/** The refusal of a body; null: it was answered. */
export async function refusalOf(
  modelId: string,
  body: Json,
  behaviour: Partial<Behaviour> = {},
): Promise<BedrockError | null> {
  try {
    await askModel(modelId, body, behaviour)
    return null
  } catch (error) {
    if (error instanceof BedrockError) return error
    throw error
  }
}

/** The first picture of an answer, decoded. */
export function firstImage({ images }: { readonly images: readonly string[] }): Buffer {
  return Buffer.from(images[0] ?? '', 'base64')
}
