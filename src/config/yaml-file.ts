import { addProblem, type Findings } from './findings.js'
import { loadYaml } from './load-yaml.js'
import type { FileRead } from './read-text-file.js'

const fileCharactersMax = 1_048_576

/** One YAML file as a plain mapping. */
export interface Layer {
  readonly file: string
  readonly entries: Readonly<Record<string, unknown>>
}

/** Reads one configuration file; undefined, with a problem recorded, where it is not a YAML mapping. */
export function parseYamlFile(file: string, read: FileRead, findings: Findings): Layer | undefined {
  const nothing = { type: 'nothing' } as const
  switch (read.type) {
    case 'absent':
      addProblem(findings, file, 'a YAML file, found none', nothing)
      return undefined
    case 'unreadable':
      addProblem(findings, file, `a file that can be read (${read.reason})`, nothing)
      return undefined
    case 'text': {
      const parsed = parseYaml(read.text)
      if (parsed.type === 'bad') addProblem(findings, file, parsed.expected, nothing)
      return parsed.type === 'bad' ? undefined : { file, entries: parsed.entries }
    }
    default:
      return read satisfies never
  }
}

type YamlParsed =
  | { readonly type: 'ok'; readonly entries: Readonly<Record<string, unknown>> }
  | { readonly type: 'bad'; readonly expected: string }

/** The parser's own messages quote the file, and the file may hold keys: only code and position are passed on. */
function parseYaml(text: string): YamlParsed {
  if (text.length > fileCharactersMax) return bad(`at most ${fileCharactersMax} characters of YAML`)
  const { isMap, isScalar, parseDocument } = loadYaml()
  const document = parseDocument(text, { merge: true, prettyErrors: true, stringKeys: true })
  const error = document.errors[0]
  if (error !== undefined) {
    const line = error.linePos?.[0]
    return bad(
      `YAML, found ${error.code}${line === undefined ? '' : ` at line ${line.line}, column ${line.col}`}`,
    )
  }
  const { contents } = document
  if (contents === null || (isScalar(contents) && contents.value === null)) return { type: 'ok', entries: {} }
  if (!isMap(contents)) return bad('a YAML mapping (key: value)')
  try {
    const entries: unknown = document.toJS()
    return isRecord(entries) ? { type: 'ok', entries } : bad('a YAML mapping (key: value)')
  } catch {
    return bad('YAML aliases (*name) that have an anchor (&name) and stay small')
  }
}

function bad(expected: string): YamlParsed {
  return { type: 'bad', expected }
}

/** True for a YAML mapping. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
