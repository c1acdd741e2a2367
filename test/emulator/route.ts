import type { ControlOperation } from './behaviour.js'
import type { OpenAiHost } from './openai-chat.js'

/** Which operation a request names. The label is decoded: a model id, a profile id or an ARN. */
export type Route =
  | { readonly type: 'control'; readonly operation: ControlOperation; readonly label: string }
  | { readonly type: 'runtime'; readonly operation: RuntimeOperation; readonly label: string }
  | {
      readonly type: 'openai-chat'
      readonly operation: string
      readonly host: OpenAiHost
      readonly label: ''
    }
  | { readonly type: 'openai-models'; readonly operation: string; readonly label: '' }
  | { readonly type: 'unknown' }

export type RuntimeOperation = 'Converse' | 'ConverseStream' | 'CountTokens' | 'InvokeModel'

const RUNTIME = {
  converse: 'Converse',
  'converse-stream': 'ConverseStream',
  'count-tokens': 'CountTokens',
  invoke: 'InvokeModel',
} as const satisfies Record<string, RuntimeOperation>

/** Methods and paths of bedrock-mantle (recordings 834 and 846, bedrock-facts C14): models stand under one of two. */
export function toMantleRoute(method: string, path: string): Route {
  if (method === 'POST' && /^(\/openai)?\/v1\/chat\/completions$/.test(path)) {
    return { type: 'openai-chat', operation: 'MantleChatCompletions', host: 'mantle', label: '' }
  }
  if (method === 'GET' && path === '/v1/models') {
    return { type: 'openai-models', operation: 'MantleListModels', label: '' }
  }
  return { type: 'unknown' }
}

/** Methods and paths of the service model (bedrock-facts C2). The label is one path segment, so `/` must come as %2F. */
export function toRoute(method: string, path: string): Route {
  if (method === 'POST' && path === '/openai/v1/chat/completions') {
    return { type: 'openai-chat', operation: 'ChatCompletions', host: 'runtime', label: '' }
  }
  const [, first = '', second, third, ...more] = path.split('/')
  if (more.length > 0) return { type: 'unknown' }
  if (method === 'GET' && third === undefined) return toControlRoute(first, second)
  if (method === 'POST' && first === 'model' && second !== undefined && isRuntimePath(third)) {
    return { type: 'runtime', operation: RUNTIME[third], label: decode(second) }
  }
  return { type: 'unknown' }
}

function toControlRoute(first: string, label: string | undefined): Route {
  if (first === 'foundation-models' && label === undefined) {
    return { type: 'control', operation: 'ListFoundationModels', label: '' }
  }
  if (first !== 'inference-profiles') return { type: 'unknown' }
  const operation = label === undefined ? 'ListInferenceProfiles' : 'GetInferenceProfile'
  return { type: 'control', operation, label: decode(label ?? '') }
}

function isRuntimePath(segment: string | undefined): segment is keyof typeof RUNTIME {
  return segment !== undefined && Object.hasOwn(RUNTIME, segment)
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
