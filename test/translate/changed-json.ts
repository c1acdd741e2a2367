import fc from 'fast-check'

/** What is put in the place of something that was right. */
export const anything = fc.oneof(
  fc.constantFrom(null, true, false, 0, -1, 1.5, 1e308, '', ' ', 'x', [], {}, [null], [[]], '__proto__'),
  fc.constantFrom<unknown>(
    { type: 'text' },
    { type: 'image_url', image_url: null },
    { role: 'user' },
    { type: 'function', function: null },
    { toString: 1, valueOf: null, constructor: [], length: -1 },
    JSON.parse('{"__proto__":{"type":"text"}}'),
  ),
  fc.jsonValue({ maxDepth: 3 }),
)

export interface Change {
  readonly place: number
  readonly kind: 'replace' | 'remove' | 'double' | 'wrap'
  readonly value: unknown
}

/** One of all places in a value is changed; they are counted in the order of writing. */
export function changed(root: unknown, { place, kind, value }: Change): unknown {
  const target = place % countPlaces(root)
  let at = -1
  const walk = (node: unknown): unknown => {
    at += 1
    if (at === target) {
      if (kind === 'wrap') return [node]
      return kind === 'double' ? (Array.isArray(node) ? [...node, ...node] : [node, node]) : value
    }
    if (Array.isArray(node)) {
      const walked = node.map(walk)
      return kind === 'remove' ? walked.filter((_, index) => index !== place % (node.length + 1)) : walked
    }
    if (typeof node !== 'object' || node === null) return node
    return Object.fromEntries(Object.entries(node).map(([name, member]) => [name, walk(member)]))
  }
  return walk(root)
}

function countPlaces(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 1
  return Object.values(node).reduce((sum: number, member) => sum + countPlaces(member), 1)
}

/** For `changed`. */
export const change: fc.Arbitrary<Change> = fc.record({
  place: fc.nat(),
  kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'double', 'wrap'),
  value: anything,
})
