import type { Exchange } from './http/exchange.js'

const NAMES_MAX = 32

/**
 * Names the request parameters that the model never sees in `x-bedrockd-dropped-params`; where the head of the reply is gone
 * already, nobody can be told. Names come from the client: only plain ones are said, and not without end.
 */
export function nameDropped(exchange: Exchange, names: readonly string[]): void {
  const plain = [...new Set(names)].filter((name) => /^[A-Za-z0-9_.-]{1,64}$/.test(name))
  if (plain.length === 0) return
  exchange.setHeader('x-bedrockd-dropped-params', plain.slice(0, NAMES_MAX).join(', '))
}
