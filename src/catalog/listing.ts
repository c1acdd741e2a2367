import type { ModelEntry } from './types.js'

/** Joins the regions' entries by id: the first region's entry stands, and names every region that has the id. */
export function mergeEntries(regions: readonly (readonly ModelEntry[])[]): ModelEntry[] {
  const merged = new Map<string, { readonly entry: ModelEntry; readonly regions: string[] }>()
  for (const entries of regions) {
    for (const entry of entries) {
      const standing = merged.get(entry.id)
      if (standing === undefined) merged.set(entry.id, { entry, regions: [...entry.regions] })
      else standing.regions.push(...entry.regions)
    }
  }
  return Array.from(merged.values(), ({ entry, regions }) => ({ ...entry, regions }))
}

/** Adds to names that occur twice (by any case) what tells their entries apart: the id, or the end of an ARN. */
export function tellApart(entries: readonly ModelEntry[]): readonly ModelEntry[] {
  const counts = new Map<string, number>()
  for (const { name } of entries) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1)
  return entries.map((entry) => {
    const isAlone = counts.get(entry.name.toLowerCase()) === 1
    return isAlone ? entry : { ...entry, name: `${entry.name} (${shortId(entry.id)})` }
  })
}

/** By provider, then by name as people count (`3.5` before `3.10`), then by id. */
export function sortEntries(entries: readonly ModelEntry[]): readonly ModelEntry[] {
  return [...entries].sort(
    (a, b) =>
      byText.compare(a.ownedBy, b.ownedBy) || byText.compare(a.name, b.name) || (a.id < b.id ? -1 : 1),
  )
}

const byText = new Intl.Collator('en', { numeric: true })

function shortId(id: string): string {
  return id.startsWith('arn:') ? id.slice(id.lastIndexOf('/') + 1) : id
}
