/** With what an item may share a call, and how much one call takes. */
export interface Share {
  /** Items that agree in it may share one. */
  readonly key: string
  readonly countMax: number
  readonly charactersMax: number
}

/** What waits for a call. */
export interface LineItem {
  /** The request it belongs to: owners take turns. */
  readonly owner: object
  /** Null: a call of its own. */
  readonly share: Share | null
  readonly characters: number
  /** Shares a call with items of its own owner only. */
  readonly apart: boolean
}

/** The items of one owner, the next one last. */
type Rest<Item> = Item[]

/** In a line of no more owners everybody's turn comes soon, in the order of arrival. */
const SHORT_LINE_MAX = 32
/** Before the list of newcomers is rid of those that left. */
const NEWCOMERS_KEPT_MIN = 64

/**
 * Inputs that wait for one model. Owners take turns, one item at a time, so that a request of thousands does not hold up the
 * one-text query that comes after it. In a long line every other turn belongs to the owner that came last: a flood of a thousand
 * one-text requests, whose order is nobody's concern, does not hold it up either. Half of the turns still go by arrival, so that
 * whoever came first waits at most twice as long.
 */
export class WaitingLine<Item extends LineItem> {
  /** In the order of their turns. */
  readonly #owners = new Map<object, Rest<Item>>()
  /** Those whose items came back: they had their turn, for nothing. */
  readonly #returned = new Set<object>()
  /** Who came and had no such turn yet, the last one last. Some have left since. */
  #newcomers: object[] = []
  #isNewcomersTurn = false
  #size = 0

  get size(): number {
    return this.#size
  }

  /** A new owner joins at the end, with everything it has. */
  push(owner: object, items: readonly Item[]): void {
    this.#size += items.length
    this.#owners.set(owner, items.toReversed())
    if (this.#newcomers.length > 2 * this.#owners.size + NEWCOMERS_KEPT_MIN) {
      this.#newcomers = this.#newcomers.filter((newcomer) => this.#owners.has(newcomer))
    }
    this.#newcomers.push(owner)
  }

  /** Come back from a call, in its order: before everything else of their owners, whose turns are next. */
  putBack(items: readonly Item[]): void {
    for (const { owner } of items) this.#returned.add(owner)
    for (const item of items.toReversed()) {
      this.#size += 1
      const rest = this.#owners.get(item.owner)
      if (rest === undefined) this.#owners.set(item.owner, [item])
      else rest.push(item)
    }
  }

  remove(owner: object): void {
    this.#size -= this.#owners.get(owner)?.length ?? 0
    this.#owners.delete(owner)
    this.#returned.delete(owner)
  }

  /** The items of the next call: the first in turn, and what may go with it, in turns. Empty: nothing waits. */
  takeBatch(): Item[] {
    const first = this.#takeFirst()
    if (first === undefined) return []
    const batch = [first]
    if (first.share === null || first.share.countMax <= 1) return batch
    const { countMax, charactersMax } = first.share
    let characters = first.characters
    // Who gave one and has more moves to the end, and is seen again there.
    for (const [owner, rest] of this.#owners) {
      if (batch.length >= countMax) break
      const next = rest.at(-1)
      if (next === undefined || !mayShare(first, next) || characters + next.characters > charactersMax)
        continue
      batch.push(next)
      characters += next.characters
      this.#takeFrom(owner, rest)
    }
    return batch
  }

  #takeFirst(): Item | undefined {
    const owner = this.#nextOwner()
    const rest = owner === undefined ? undefined : this.#owners.get(owner)
    if (owner === undefined || rest === undefined) return undefined
    const first = rest.at(-1)
    this.#takeFrom(owner, rest)
    return first
  }

  #nextOwner(): object | undefined {
    const [returned] = this.#returned
    if (returned !== undefined) return returned
    const [oldest] = this.#owners.keys()
    if (this.#owners.size <= SHORT_LINE_MAX) return oldest
    this.#isNewcomersTurn = !this.#isNewcomersTurn
    return this.#isNewcomersTurn ? (this.#takeNewcomer() ?? oldest) : oldest
  }

  #takeNewcomer(): object | undefined {
    for (;;) {
      const newest = this.#newcomers.pop()
      if (newest === undefined || this.#owners.has(newest)) return newest
    }
  }

  /** The owner's turn is over. */
  #takeFrom(owner: object, rest: Rest<Item>): void {
    rest.pop()
    this.#size -= 1
    this.#returned.delete(owner)
    this.#owners.delete(owner)
    if (rest.length > 0) this.#owners.set(owner, rest)
  }
}

function mayShare(first: LineItem, next: LineItem): boolean {
  if (first.share?.key !== next.share?.key) return false
  return first.owner === next.owner || (!first.apart && !next.apart)
}
