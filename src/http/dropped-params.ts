/** Longer lists are cut: a header has its limits. */
const NAMES_MAX = 32

/**
 * The value of `x-bedrockd-dropped-params`: the request parameters that the model did not see, each once. Their names come
 * from the client: only plain ones are said. Empty: there is nothing to name.
 */
export function toDroppedParams(names: readonly string[]): string {
  const plain = new Set(names.filter((name) => /^[A-Za-z0-9_.-]{1,64}$/.test(name)))
  return [...plain].slice(0, NAMES_MAX).join(', ')
}
