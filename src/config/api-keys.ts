import { addProblem, type Findings } from './findings.js'
import { isToken } from './parse-value.js'
import type { FileRead } from './read-text-file.js'

/** A keys file that a setting names. */
export interface KeysFile {
  /** The setting, as problems name it. */
  readonly place: string
  readonly path: string
  readonly read: FileRead
}

/**
 * Keys of one file, one per line. A systemd credential may be optional, so an absent or empty file is a warning while
 * only this machine can connect; where others can, the operator meant keys to be there, and it is a problem.
 */
export function readKeysFile(
  file: KeysFile,
  { loopbackOnly }: { readonly loopbackOnly: boolean },
  findings: Findings,
): readonly string[] {
  const nothing = { type: 'nothing' } as const
  if (file.read.type === 'unreadable') {
    addProblem(
      findings,
      file.place,
      `a file that can be read, ${file.path} gives ${file.read.reason}`,
      nothing,
    )
    return []
  }
  const lines = file.read.type === 'text' ? file.read.text.replace(/^\uFEFF/, '').split(/\r?\n/) : []
  const keys = lines.map((line) => line.trim())
  for (const [index, key] of keys.entries()) {
    if (key === '' || isFileKey(key)) continue
    const expected = `one key of printable ASCII without spaces or commas per line, line ${index + 1} of ${file.path} is not`
    addProblem(findings, file.place, expected, nothing)
  }
  if (keys.every((key) => key === '')) {
    const state = file.read.type === 'absent' ? 'is absent' : 'is empty'
    if (loopbackOnly) findings.warnings.push(`${file.place}: ${file.path} ${state}, no key is taken from it`)
    else addProblem(findings, file.place, `a file with at least one key, ${file.path} ${state}`, nothing)
  }
  return keys.filter(isFileKey)
}

/** A comma means that somebody wrote the list of the environment variable into the file. */
function isFileKey(text: string): boolean {
  return isToken(text) && !text.includes(',')
}
