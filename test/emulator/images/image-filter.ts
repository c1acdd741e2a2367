import type { ImageFilter } from '../behaviour.js'

/** The filter that holds for this prompt; null: none. */
export function filterFor(filter: ImageFilter | null, prompt: string): ImageFilter | null {
  if (filter === null || filter.words === undefined) return filter
  const said = prompt.toLowerCase()
  return filter.words.some((word) => said.includes(word.toLowerCase())) ? filter : null
}
