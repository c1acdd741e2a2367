import assert from 'node:assert/strict'
import { addProblem, type Findings } from './findings.js'
import { type KindValues, type Parsed, parseValue } from './parse-value.js'
import { type DefaultedName, type SettingName, settingRows, settings } from './settings.js'
import type { Layer } from './yaml-file.js'

type ValueOf<Name extends SettingName> = KindValues[(typeof settings)[Name]['kind']]

/** Reads settings out of the environment and the YAML layers, and records a problem for each bad value. */
export interface SettingReader {
  /** The first value that is set; undefined where none is, or where it is bad. */
  optional<Name extends SettingName>(name: Name): ValueOf<Name> | undefined
  /** As `optional`, then the default of the table. */
  required<Name extends DefaultedName>(name: Name): ValueOf<Name>
  /** Every value that is set, for settings that add up, with the place that names it in problems. */
  every<Name extends SettingName>(
    name: Name,
  ): readonly { readonly place: string; readonly value: ValueOf<Name> }[]
  /** True where a value is set, good or bad. */
  isSet(name: SettingName): boolean
  isInEnvironment(name: SettingName): boolean
}

interface Occurrence {
  readonly place: string
  readonly raw: unknown
}

/** `layers` are in the order of the files: a later one wins. */
export function createSettingReader(
  environment: Readonly<Record<string, string | undefined>>,
  layers: readonly Layer[],
  findings: Findings,
): SettingReader {
  const occurrences = (name: SettingName): readonly Occurrence[] =>
    [...environmentOccurrences(environment, name), ...layerOccurrences(layers, name)].filter(
      ({ raw }) => settingRows[name].kind === 'address-or-off' || !isBlank(raw),
    )

  function parse<Name extends SettingName>(
    name: Name,
    { place, raw }: Occurrence,
  ): ValueOf<Name> | undefined {
    const parsed = parseSetting(name, raw)
    if (parsed.type === 'ok') return parsed.value
    const got = settingRows[name].secret
      ? ({ type: 'hidden' } as const)
      : ({ type: 'value', value: raw } as const)
    addProblem(findings, place, parsed.expected, got)
    return undefined
  }

  function optional<Name extends SettingName>(name: Name): ValueOf<Name> | undefined {
    const first = occurrences(name)[0]
    return first === undefined ? undefined : parse(name, first)
  }

  return {
    optional,
    required: (name) => {
      const value = optional(name)
      return value === undefined ? parseFallback(name) : value
    },
    every: (name) =>
      occurrences(name).flatMap((occurrence) => {
        const value = parse(name, occurrence)
        return value === undefined ? [] : [{ place: occurrence.place, value }]
      }),
    isSet: (name) => occurrences(name).length > 0,
    isInEnvironment: (name) => environmentOccurrences(environment, name).some(({ raw }) => !isBlank(raw)),
  }
}

function environmentOccurrences(
  environment: Readonly<Record<string, string | undefined>>,
  name: SettingName,
): readonly Occurrence[] {
  const { variable } = settingRows[name]
  const raw = environment[variable]
  return raw === undefined ? [] : [{ place: variable, raw: raw.trim() }]
}

function layerOccurrences(layers: readonly Layer[], name: SettingName): readonly Occurrence[] {
  const { yamlKey } = settingRows[name]
  if (yamlKey === null) return []
  return layers
    .filter(({ entries }) => Object.hasOwn(entries, yamlKey))
    .map(({ file, entries }) => ({ place: `${yamlKey} (${file})`, raw: entries[yamlKey] }))
    .reverse()
}

/** An empty variable counts as not set: unit files and compose files leave such behind. */
function isBlank(raw: unknown): boolean {
  return raw === null || raw === undefined || (typeof raw === 'string' && raw.trim() === '')
}

function parseSetting<Name extends SettingName>(name: Name, raw: unknown): Parsed<ValueOf<Name>> {
  const kind: (typeof settings)[Name]['kind'] = settings[name].kind
  return parseValue(kind, raw, settingRows[name])
}

function parseFallback<Name extends DefaultedName>(name: Name): ValueOf<Name> {
  const parsed = parseSetting(name, settingRows[name].fallback)
  assert(parsed.type === 'ok', `the default of ${name} is bad`)
  return parsed.value
}
