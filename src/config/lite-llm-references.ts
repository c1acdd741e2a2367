import { addProblem, type Findings } from './findings.js'
import { isRecord } from './yaml-file.js'

/** The value of an environment variable; undefined where it is not set. */
export type Lookup = (variable: string) => string | undefined

/** As in LiteLLM, `environment_variables` of the file stand in for variables that are not set. */
export function createLookup(
  environment: Readonly<Record<string, string | undefined>>,
  section: unknown,
): Lookup {
  const inFile = isRecord(section) ? section : {}
  return (variable) => {
    const value = environment[variable] ?? inFile[variable]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
}

/** Text, or what `os.environ/NAME` refers to. An unset variable is a problem: a fallback could open or move a model. */
export function resolveText(
  { raw, place }: { readonly raw: unknown; readonly place: string },
  lookup: Lookup,
  findings: Findings,
): string | undefined {
  if (typeof raw !== 'string') {
    addProblem(findings, place, 'text (put it in quotes)', { type: 'hidden' })
    return undefined
  }
  const variable = /^os\.environ\/(.+)$/.exec(raw)?.[1]
  const text = variable === undefined ? raw : lookup(variable)
  if (text === undefined)
    addProblem(findings, place, `the variable ${variable} to be set`, { type: 'nothing' })
  return text
}

/** Any value with its references resolved, however deep. A variable that holds a number, true or false means that. */
export function resolveValue(
  { raw, place }: { readonly raw: unknown; readonly place: string },
  lookup: Lookup,
  findings: Findings,
): unknown {
  if (Array.isArray(raw)) {
    const items: readonly unknown[] = raw
    return items.map((item) => resolveValue({ raw: item, place }, lookup, findings))
  }
  if (isRecord(raw)) {
    return Object.fromEntries(
      Object.entries(raw).map(([name, value]) => [
        name,
        resolveValue({ raw: value, place: `${place}.${name}` }, lookup, findings),
      ]),
    )
  }
  if (typeof raw !== 'string' || !raw.startsWith('os.environ/')) return raw
  const text = resolveText({ raw, place }, lookup, findings)
  return text !== undefined && /^(-?\d+(\.\d+)?|true|false)$/.test(text)
    ? (JSON.parse(text) as unknown)
    : text
}
