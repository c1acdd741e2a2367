const shownCharactersMax = 120

/** What was found wrong while loading. A problem stops the start; a warning is logged. */
export interface Findings {
  readonly problems: string[]
  readonly warnings: string[]
}

/** How a refused value is shown: as it was written, hidden, or not at all. */
export type Got =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'hidden' }
  | { readonly type: 'nothing' }

/** Records one problem as `place: expected …, got …`. */
export function addProblem(findings: Findings, place: string, expected: string, got: Got): void {
  findings.problems.push(`${place}: expected ${expected}${describeGot(got)}`)
}

function describeGot(got: Got): string {
  switch (got.type) {
    case 'value':
      return `, got ${showValue(got.value)}`
    case 'hidden':
      return ', got a hidden value'
    case 'nothing':
      return ''
    default:
      return got satisfies never
  }
}

/** JSON, so that control characters are escaped; long values are cut. */
function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= shownCharactersMax ? text : `${text.slice(0, shownCharactersMax)}…`
}
