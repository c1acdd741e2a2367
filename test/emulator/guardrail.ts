import { type Answer, textPart } from './answer.js'
import type { EmulatedGuardrail } from './behaviour.js'
import { type ConverseRequest, type Json, member } from './converse-request.js'

/** What a guardrail does to a request that names one. */
export interface GuardrailVerdict {
  /** The answer instead of the model's; null: the model answers. */
  readonly blocked: Answer | null
  /** What the reply says about it; undefined: the request asked for no trace. */
  readonly trace: unknown
}

/** The verdict on the texts that users sent; null where no guardrail is named or none is emulated. */
export function judge(
  request: ConverseRequest,
  guardrail: EmulatedGuardrail | null,
  region: string,
): GuardrailVerdict | null {
  if (guardrail === null || request.guardrailConfig === null) return null
  const text = userTexts(request).join('\n')
  const word = findBlockedWord(text, guardrail)
  const traced = ['enabled', 'enabled_full'].includes(String(request.guardrailConfig['trace']))
  const trace = traced
    ? toTrace(request.guardrailConfig, { word, characters: text.length, region })
    : undefined
  if (word === undefined) return { blocked: null, trace }
  // Recordings 193 and 194: the configured message, no tokens counted.
  return {
    blocked: {
      parts: [textPart(guardrail.message)],
      stopReason: 'guardrail_intervened',
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      ...(trace === undefined ? {} : { trace }),
    },
    trace,
  }
}

/** The first word of a text that the guardrail stops, in any case; undefined: none. */
export function findBlockedWord(text: string, { blockedWords }: EmulatedGuardrail): string | undefined {
  return blockedWords.find((blocked) => text.toLowerCase().includes(blocked.toLowerCase()))
}

// Members as in recordings 193 (blocked) and 767 (not); the policy as in shape GuardrailWordPolicyAssessment.
function toTrace(
  config: Json,
  facts: { word: string | undefined; characters: number; region: string },
): unknown {
  const { word, characters, region } = facts
  const id = String(config['guardrailIdentifier'])
  const policy =
    word === undefined
      ? {}
      : { wordPolicy: { customWords: [{ action: 'BLOCKED', detected: true, match: word }] } }
  return {
    guardrail: {
      actionReason: word === undefined ? 'No action.' : 'Guardrail blocked.',
      inputAssessment: {
        [id]: {
          appliedGuardrailDetails: {
            guardrailArn: `arn:aws:bedrock:${region}:123456789012:guardrail/${id}`,
            guardrailId: id,
            guardrailOrigin: ['REQUEST'],
            guardrailOwnership: 'SELF',
            guardrailVersion: String(config['guardrailVersion']),
          },
          invocationMetrics: {
            guardrailCoverage: { textCharacters: { guarded: characters, total: characters } },
            guardrailProcessingLatency: 1,
            usage: { wordPolicyUnits: 1 },
          },
          ...policy,
        },
      },
      modelOutput: [],
    },
  }
}

function userTexts(request: ConverseRequest): readonly string[] {
  return request.messages
    .filter(({ role }) => role === 'user')
    .flatMap(({ content }) => content)
    .flatMap((block) => block['text'] ?? member(member(block['guardContent'], 'text'), 'text') ?? [])
    .map(String)
}
