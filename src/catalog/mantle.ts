/** Under which path a model's Chat Completions stand on bedrock-mantle. */
export type MantlePath = '/v1' | '/openai/v1'

interface MantleRule {
  /** Start of the id. The first rule that fits counts. */
  readonly prefix: string
  readonly path: MantlePath
  /** False: Chat Completions are not among the APIs that the model has there. */
  readonly chat: boolean
}

/**
 * bedrock-mantle serves each model under one of two paths, and lists models that have other APIs only. Sources: AWS
 * documentation ("API compatibility by models", "Responses API") and what users measured, as cited.
 */
const MANTLE_RULES: readonly MantleRule[] = [
  // Anthropic's Messages API only (AWS: model cards of Claude).
  { prefix: 'anthropic.', path: '/v1', chat: false },
  // strands-agents/harness-sdk#3280, recording 846.
  { prefix: 'openai.gpt-oss', path: '/v1', chat: true },
  // The Responses API only (aws-samples/sample-openai-on-aws#48, enricoros/big-AGI#1167, recordings 834 to 845).
  { prefix: 'openai.gpt-5', path: '/openai/v1', chat: false },
  // maximhq/bifrost#7063: gpt-6 answers there.
  { prefix: 'openai.', path: '/openai/v1', chat: true },
  // NousResearch/hermes-agent#52316.
  { prefix: 'xai.', path: '/openai/v1', chat: true },
  // TanStack/ai#1270; Gemma 3 stays under /v1.
  { prefix: 'google.gemma-4', path: '/openai/v1', chat: true },
]

const OTHERS: MantleRule = { prefix: '', path: '/v1', chat: true }

/** Where a model is to be looked for first; bedrock-mantle itself says when that is wrong (`isWrongMantlePath`). */
export function mantlePathOf(id: string): MantlePath {
  return ruleOf(id).path
}

/** True for a model that can be asked by Chat Completions, as far as is known. */
export function hasMantleChat(id: string): boolean {
  return ruleOf(id).chat
}

function ruleOf(id: string): MantleRule {
  return MANTLE_RULES.find(({ prefix }) => id.startsWith(prefix)) ?? OTHERS
}

/**
 * True for the refusal of a model that stands under the other path: "model `…` isn't supported on this route", or "The
 * model '…' does not support the '/v1/chat/completions' API" (openai/openai-go#812, strands-agents/harness-sdk#3280).
 */
export function isWrongMantlePath(message: string): boolean {
  return /isn't supported on this route|does not support the '(?:\/openai)?\/v1\/chat\/completions' API/.test(
    message,
  )
}

export function otherMantlePath(path: MantlePath): MantlePath {
  return path === '/v1' ? '/openai/v1' : '/v1'
}

/**
 * What is left of an id without its version: models go by `openai.gpt-oss-120b` on bedrock-mantle and by
 * `openai.gpt-oss-120b-1:0` elsewhere (facts C8), or by `…-instruct` here and `…-v1:0` there.
 */
export function toUnversionedId(id: string): string {
  return id.replace(/(?:-v\d+(?::\d+)?|-\d+:\d+|:\d+)$/, '').replace(/-instruct$/, '')
}
