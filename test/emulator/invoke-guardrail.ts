import type { EmulatedGuardrail } from './behaviour.js'
import { findBlockedWord } from './guardrail.js'
import { validationError } from './wire-error.js'

type Json = Readonly<Record<string, unknown>>
type Headers = Readonly<Record<string, string | string[] | undefined>>

/** What a guardrail does to an InvokeModel request that names one. */
export interface InvokeVerdict {
  /** The prompt is stopped: the model is not asked. */
  readonly blocked: boolean
  /** Stands in the reply beside the model's members, or instead of them. */
  readonly members: Json
}

/**
 * The verdict on the words of a request; null where its headers name no guardrail. The form of the headers was checked already.
 * Throws a refusal for a guardrail that is not there.
 */
export function judgeInvoke(
  { headers, body }: { readonly headers: Headers; readonly body: Json },
  guardrail: EmulatedGuardrail | null,
): InvokeVerdict | null {
  const id = headers['x-amzn-bedrock-guardrailidentifier']
  if (id === undefined) return null
  // Service model, InvokeModelRequest.guardrailIdentifier: an error without a version.
  if (headers['x-amzn-bedrock-guardrailversion'] === undefined) {
    throw validationError('The guardrail identifier and version must both be provided.')
  }
  // Quoted in strands-agents/harness-sdk#713, and said of a guardrail of another region, too.
  if (guardrail === null) {
    throw validationError('The guardrail identifier or version provided in the request does not exist.')
  }
  const text = wordsOf(body)
  const word = findBlockedWord(text, guardrail)
  const trace = ['ENABLED', 'ENABLED_FULL'].includes(String(headers['x-amzn-bedrock-trace']))
    ? { 'amazon-bedrock-trace': toTrace(String(id), word, text.length) }
    : {}
  // No recording shows where the configured message stands in the reply of an image model.
  const message = word === undefined ? {} : { error: guardrail.message }
  const action = word === undefined ? 'NONE' : 'INTERVENED'
  // Last, as in recordings 980 and 1001.
  return {
    blocked: word !== undefined,
    members: { ...message, ...trace, 'amazon-bedrock-guardrailAction': action },
  }
}

// Members as in recordings 980 and 1001; the policy as in shape GuardrailWordPolicyAssessment.
function toTrace(id: string, word: string | undefined, characters: number): Json {
  const policy =
    word === undefined
      ? {}
      : { wordPolicy: { customWords: [{ action: 'BLOCKED', detected: true, match: word }] } }
  const invocationMetrics = {
    guardrailProcessingLatency: 1,
    usage: { wordPolicyUnits: 1 },
    guardrailCoverage: { textCharacters: { guarded: characters, total: characters } },
  }
  return { guardrail: { input: { [id]: { ...policy, invocationMetrics } } } }
}

/** What a model is told in words, wherever it stands in the body: `text`, `prompt`, `maskPrompt`, … */
function wordsOf(value: unknown, name = ''): string {
  if (typeof value === 'string') return /text|prompt/i.test(name) ? value : ''
  if (typeof value !== 'object' || value === null) return ''
  return Object.entries(value)
    .map(([member, inner]) => wordsOf(inner, member))
    .filter((words) => words !== '')
    .join('\n')
}
