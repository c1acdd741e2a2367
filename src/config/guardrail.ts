import type { Guardrail } from '../openai/types.js'
import { addProblem, type Findings } from './findings.js'
import { nearest } from './nearest.js'
import { type KindValues, parseValue, type SettingKind } from './parse-value.js'
import { isRecord } from './yaml-file.js'

/** What the members of a guardrail are called. */
export interface GuardrailNames {
  readonly identifier: string
  readonly version: string
  readonly trace: string
  readonly streamMode: string
}

export const ALIAS_GUARDRAIL = {
  identifier: 'id',
  version: 'version',
  trace: 'trace',
  streamMode: 'stream_mode',
} as const satisfies GuardrailNames

/** As Converse calls them, and LiteLLM after it. */
export const BEDROCK_GUARDRAIL = {
  identifier: 'guardrailIdentifier',
  version: 'guardrailVersion',
  trace: 'trace',
  streamMode: 'streamProcessingMode',
} as const satisfies GuardrailNames

/** One guardrail of a file; null, with a problem recorded for each bad member, where it is not one. */
export function readGuardrail(
  { raw, place, names }: { readonly raw: unknown; readonly place: string; readonly names: GuardrailNames },
  findings: Findings,
): Guardrail | null {
  const known = Object.values(names)
  if (!isRecord(raw)) {
    addProblem(findings, place, `a mapping with ${known.join(', ')}`, { type: 'value', value: raw })
    return null
  }
  for (const member of Object.keys(raw).filter((key) => !known.includes(key))) {
    const expected = `only ${known.join(', ')}, not ${member} (nearest: ${nearest(member, known)})`
    addProblem(findings, place, expected, { type: 'nothing' })
  }
  const read = <Kind extends SettingKind>(name: string, kind: Kind): KindValues[Kind] | null => {
    const value = raw[name]
    if (value === undefined || value === null) return null
    const parsed = parseValue(kind, value, {})
    if (parsed.type === 'ok') return parsed.value
    addProblem(findings, `${place} ${name}`, parsed.expected, { type: 'value', value })
    return null
  }
  if (raw[names.identifier] === undefined) {
    addProblem(findings, place, `${names.identifier}, the id or ARN of a guardrail`, { type: 'nothing' })
  }
  const identifier = read(names.identifier, 'guardrail')
  const version = read(names.version, 'guardrail-version') ?? 'DRAFT'
  const trace = read(names.trace, 'guardrail-trace')
  const streamMode = read(names.streamMode, 'stream-mode')
  return identifier === null ? null : { identifier, version, trace, streamMode }
}
