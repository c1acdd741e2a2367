import { crc32 } from 'node:zlib'

/** Names that the service restricts, by names that nobody restricts. */
export interface WireNames {
  /** The name itself where the service takes it, else its readable beginning and a hash. Never the same for two names. */
  toWire(name: string): string
  /** A wire name that is and stays nobody else's: `name` itself where it is free. */
  reserve(name: string): string
  /** The names by wire name; only those that differ. */
  readonly changed: Readonly<Record<string, string>>
}

export interface WireNameRules {
  /** Fits one character that is not allowed; global and Unicode-aware. */
  readonly forbidden: RegExp
  readonly charactersMax: number
}

const HASH_CHARACTERS = 8

/** The same names in the same order get the same wire names: prompts stay cacheable from round to round. */
export function createWireNames(
  { forbidden, charactersMax }: WireNameRules,
  known: readonly string[],
): WireNames {
  const wireNames = new Map<string, string>()
  const taken = new Set<string>()
  const changed: Record<string, string> = {}

  function isAllowed(name: string): boolean {
    return name !== '' && name.length <= charactersMax && name.search(forbidden) < 0
  }

  /** CRC-32 is no secret and no proof: a name that is taken is hashed once more, with a number. */
  function derive(name: string): string {
    const readable = name.replace(forbidden, '_').slice(0, charactersMax - HASH_CHARACTERS - 1)
    for (let attempt = 0; ; attempt += 1) {
      const hashed = attempt === 0 ? name : `${name} ${attempt}`
      const wire = `${readable}_${crc32(hashed).toString(16).padStart(HASH_CHARACTERS, '0')}`
      if (!taken.has(wire)) return wire
    }
  }

  function take(name: string): string {
    const wire = isAllowed(name) && !taken.has(name) ? name : derive(name)
    taken.add(wire)
    return wire
  }

  function toWire(name: string): string {
    const standing = wireNames.get(name)
    if (standing !== undefined) return standing
    const wire = take(name)
    wireNames.set(name, wire)
    if (wire !== name) changed[wire] = name
    return wire
  }

  // First all that may stay as they are: none of the others takes their names.
  for (const name of known) if (isAllowed(name)) toWire(name)
  for (const name of known) toWire(name)
  return { toWire, reserve: take, changed }
}
