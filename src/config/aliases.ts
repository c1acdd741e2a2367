import { addProblem, type Findings } from './findings.js'
import { nearest } from './nearest.js'
import { isRegion, isVisibleText, listItems } from './parse-value.js'
import { type ModelAlias, NO_DEFAULTS } from './types.js'
import { isRecord, type Layer } from './yaml-file.js'

const aliasMembers = ['model', 'regions'] as const

/** The `aliases:` section of one file: name → { model, regions }. Problems are recorded, bad aliases left out. */
export function readAliases(layer: Layer, findings: Findings): readonly ModelAlias[] {
  const section = layer.entries['aliases']
  if (section === undefined || section === null) return []
  if (!isRecord(section)) {
    addProblem(findings, `aliases (${layer.file})`, 'a mapping of name to { model, regions }', {
      type: 'nothing',
    })
    return []
  }
  return Object.entries(section).flatMap(
    ([name, entry]) => readAlias({ name, entry, place: `aliases.${name} (${layer.file})` }, findings) ?? [],
  )
}

interface AliasEntry {
  readonly name: string
  readonly entry: unknown
  readonly place: string
}

function readAlias({ name, entry, place }: AliasEntry, findings: Findings): ModelAlias | undefined {
  const problemsBefore = findings.problems.length
  const add = (expected: string, value: unknown): void =>
    addProblem(
      findings,
      place,
      expected,
      value === undefined ? { type: 'nothing' } : { type: 'value', value },
    )
  if (!isVisibleText(name)) add('an alias name without control characters or outer spaces', name)
  if (!isRecord(entry)) {
    add('a mapping with model and regions', entry)
    return undefined
  }
  for (const member of Object.keys(entry).filter((key) => !isAliasMember(key))) {
    add(
      `only ${aliasMembers.join(' and ')}, not ${member} (nearest: ${nearest(member, aliasMembers)})`,
      undefined,
    )
  }
  const model = entry['model']
  const regions = listItems(entry['regions'] ?? [])
  if (typeof model !== 'string' || !isVisibleText(model)) {
    add('model to be a model id, profile id or ARN', model)
    return undefined
  }
  if (regions === undefined || !regions.every(isRegion)) {
    add('regions to be AWS region names such as us-east-1', entry['regions'])
    return undefined
  }
  if (findings.problems.length > problemsBefore) return undefined
  return {
    name,
    model: model.replace(/^bedrock\/(converse\/)?/, ''),
    regions: [...new Set(regions)],
    defaults: NO_DEFAULTS,
  }
}

function isAliasMember(key: string): boolean {
  return aliasMembers.some((member) => member === key)
}
