import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCatalogue, type ModelRow } from '../catalogue.js'
import { parseConverse } from '../converse-request.js'
import { checkConverse } from '../converse-rules.js'
import { BedrockError } from '../wire-error.js'
import type { RuleFacts } from './rule.js'

/** A request and what becomes of it; `message` null: it passes. */
export interface RuleCase {
  readonly name: string
  readonly modelId: string
  readonly body: object
  readonly message: string | RegExp | null
  readonly facts?: RuleFacts
  /** Default 400. */
  readonly status?: number
}

export const CLAUDE = {
  haiku3: 'anthropic.claude-3-haiku-20240307-v1:0',
  sonnet37: 'anthropic.claude-3-7-sonnet-20250219-v1:0',
  sonnet4: 'anthropic.claude-sonnet-4-20250514-v1:0',
  sonnet45: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  sonnet46: 'anthropic.claude-sonnet-4-6',
  opus47: 'anthropic.claude-opus-4-7',
} as const
export const NOVA_LITE = 'amazon.nova-lite-v1:0'
export const NOVA_2_LITE = 'amazon.nova-2-lite-v1:0'
export const LLAMA_4 = 'meta.llama4-maverick-17b-instruct-v1:0'
export const GPT_OSS = 'openai.gpt-oss-120b-1:0'

export const user = (...content: unknown[]) => ({ role: 'user', content })
export const assistant = (...content: unknown[]) => ({ role: 'assistant', content })
export const hello = { text: 'Hello' }
export const toolUse = (toolUseId: string) => ({ toolUse: { toolUseId, name: 'ping', input: {} } })
export const toolResult = (toolUseId: string, ...content: unknown[]) => ({
  toolResult: { toolUseId, content: content.length === 0 ? [{ text: 'pong' }] : content },
})
export const ping = { toolSpec: { name: 'ping', inputSchema: { json: {} } } }
export const toolConfig = { tools: [ping] }

/** The words of a refusal by the model behind Bedrock. */
export const byModel = (message: string) => `The model returned the following errors: ${message}`

/** One test for each case. */
export function testRules(title: string, cases: readonly RuleCase[]): void {
  for (const { name, modelId, body, message, facts, status } of cases) {
    const fate = message === null ? 'passes' : 'is refused in Bedrock’s words'
    test(`${title}: ${name} ${fate} (${modelId})`, () => {
      const error = refusalOf({ messages: [user(hello)], ...body }, { modelId, facts: facts ?? {} })
      if (message === null) return assert.equal(error?.message, undefined)
      if (typeof message === 'string') assert.equal(error?.message, message)
      else assert.match(error?.message ?? '', message)
      assert.equal(error?.failure.status, status ?? 400)
    })
  }
}

/** What the rules say to a body, with the listing's row for the model where there is one. */
export function refusalOf(
  body: object,
  { modelId, facts }: { modelId: string; facts: RuleFacts },
): BedrockError | null {
  try {
    checkConverse(parseConverse(body), rowOf(modelId), facts)
    return null
  } catch (error) {
    if (error instanceof BedrockError) return error
    throw error
  }
}

const { models } = buildCatalogue('us-east-1')

function rowOf(modelId: string): ModelRow {
  const row = models.find((candidate) => candidate.modelId === modelId)
  assert(row !== undefined, `${modelId} is not in the emulator's listing`)
  return row
}
