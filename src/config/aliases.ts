import type { AliasDefaults } from '../catalog/types.js'
import {
  CHAT_PARAMETERS,
  complainOfParameters,
  isChatParameter,
  toKeptParameters,
} from './chat-parameters.js'
import { addProblem, type Findings, type Got } from './findings.js'
import { ALIAS_GUARDRAIL, readGuardrail } from './guardrail.js'
import { nearest } from './nearest.js'
import { isRegion, isVisibleText, listItems, parseValue } from './parse-value.js'
import type { ModelAlias } from './types.js'
import { isRecord, type Layer } from './yaml-file.js'

const aliasMembers = ['model', 'regions', 'parameters', 'system_prompt', 'guardrail', 'drop_params']
const nothing = { type: 'nothing' } as const

/** The `aliases:` section of one file, by name. Problems are recorded, bad aliases left out. */
export function readAliases(layer: Layer, findings: Findings): readonly ModelAlias[] {
  const section = layer.entries['aliases']
  if (section === undefined || section === null) return []
  if (!isRecord(section)) {
    addProblem(findings, `aliases (${layer.file})`, 'a mapping of name to { model, regions, … }', nothing)
    return []
  }
  return Object.entries(section).flatMap(
    ([name, entry]) => readAlias({ name, entry, file: layer.file }, findings) ?? [],
  )
}

interface AliasEntry {
  readonly name: string
  readonly entry: unknown
  readonly file: string
}

function readAlias({ name, entry, file }: AliasEntry, findings: Findings): ModelAlias | undefined {
  const problemsBefore = findings.problems.length
  const place = `aliases.${name} (${file})`
  if (!isVisibleText(name)) {
    addProblem(findings, place, 'an alias name without control characters or outer spaces', shown(name))
  }
  if (!isRecord(entry)) {
    addProblem(findings, place, 'a mapping with model and regions', shown(entry))
    return undefined
  }
  for (const member of Object.keys(entry).filter((key) => !aliasMembers.includes(key))) {
    const expected = `only ${aliasMembers.join(', ')}, not ${member} (nearest: ${nearest(member, aliasMembers)})`
    addProblem(findings, place, expected, nothing)
  }
  const model = entry['model']
  const regions = listItems(entry['regions'] ?? [])
  const defaults = readDefaults(entry, (member) => `aliases.${name}.${member} (${file})`, findings)
  if (typeof model !== 'string' || !isVisibleText(model)) {
    addProblem(findings, place, 'model to be a model id, profile id or ARN', shown(model))
    return undefined
  }
  if (regions === undefined || !regions.every(isRegion)) {
    addProblem(findings, place, 'regions to be AWS region names such as us-east-1', shown(entry['regions']))
    return undefined
  }
  if (findings.problems.length > problemsBefore) return undefined
  return {
    name,
    model: model.replace(/^bedrock\/(converse\/)?/, ''),
    regions: [...new Set(regions)],
    defaults,
  }
}

function shown(value: unknown): Got {
  return value === undefined ? nothing : { type: 'value', value }
}

function readDefaults(
  entry: Readonly<Record<string, unknown>>,
  placeOf: (member: string) => string,
  findings: Findings,
): AliasDefaults {
  const guardrail = entry['guardrail'] ?? null
  const dropParams = readDropParams(entry['drop_params'], placeOf('drop_params'), findings)
  return {
    parameters: readParameters(entry['parameters'] ?? {}, placeOf('parameters'), findings),
    systemPrompt: readSystemPrompt(entry['system_prompt'] ?? null, placeOf('system_prompt'), findings),
    guardrail:
      guardrail === null
        ? null
        : readGuardrail({ raw: guardrail, place: placeOf('guardrail'), names: ALIAS_GUARDRAIL }, findings),
    ...(dropParams === undefined ? {} : { dropParams }),
  }
}

/** Whether parameters that the model does not have are left out; undefined: not said. */
export function readDropParams(raw: unknown, place: string, findings: Findings): boolean | undefined {
  if (raw === undefined || raw === null) return undefined
  const parsed = parseValue('boolean', raw, {})
  if (parsed.type === 'ok') return parsed.value
  addProblem(findings, place, parsed.expected, shown(raw))
  return undefined
}

/** A misspelt parameter would silently be none, so only known ones are taken; what only one model has goes into `extra_body`. */
function readParameters(raw: unknown, place: string, findings: Findings): AliasDefaults['parameters'] {
  if (!isRecord(raw)) {
    addProblem(findings, place, 'a mapping of chat parameters, for example { temperature: 0.2 }', shown(raw))
    return {}
  }
  for (const name of Object.keys(raw).filter((key) => !isChatParameter(key))) {
    const expected = `chat parameters, not ${name} (nearest: ${nearest(name, CHAT_PARAMETERS)}; extra_body takes those of one model)`
    addProblem(findings, place, expected, nothing)
  }
  const parameters = Object.fromEntries(Object.entries(raw).filter(([name]) => isChatParameter(name)))
  findings.problems.push(...complainOfParameters(parameters).map((complaint) => `${place}: ${complaint}`))
  return toKeptParameters(parameters)
}

function readSystemPrompt(raw: unknown, place: string, findings: Findings): string | null {
  if (raw === null) return null
  if (typeof raw === 'string' && raw.trim() !== '') return raw
  addProblem(findings, place, 'text that is not blank', { type: 'hidden' })
  return null
}
