import type { StreamInfo } from './admin/types.js'

/** Something under way that has deadlines: a stream, or a reply that Bedrock still works on. */
export interface Watched {
  /** Looks at its own deadlines; called a few times a second. `nowMs` is monotonic. */
  sweep(nowMs: number): void
  /** Ends it with an error the client understands: the daemon is going down. */
  shutDown(): void
  describe(nowMs: number): StreamInfo
}

/** One timer for all streams: how late a ping or a deadline may be. */
const SWEEP_EVERY_MS = 250

/** Every chat under way, and the one timer that watches them all. */
export function createStreamRegistry(now: () => number) {
  const open = new Set<Watched>()
  let onEmpty: (() => void) | null = null
  const timer = setInterval(() => {
    const nowMs = now()
    for (const watched of open) watched.sweep(nowMs)
  }, SWEEP_EVERY_MS)
  timer.unref()

  return {
    get size(): number {
      return open.size
    },
    add(watched: Watched): void {
      open.add(watched)
    },
    remove(watched: Watched): void {
      open.delete(watched)
      if (open.size === 0) onEmpty?.()
    },
    describe(): readonly StreamInfo[] {
      const nowMs = now()
      return [...open].map((watched) => watched.describe(nowMs))
    },
    /** Resolves when nothing is under way, or after `limitMs`; then what is left is shut down. */
    async drain(limitMs: number): Promise<void> {
      if (open.size > 0) {
        await new Promise<void>((resolve) => {
          const limit = setTimeout(resolve, limitMs)
          onEmpty = () => {
            clearTimeout(limit)
            resolve()
          }
        })
      }
      for (const watched of [...open]) watched.shutDown()
    },
    close(): void {
      clearInterval(timer)
    },
  }
}

export type StreamRegistry = ReturnType<typeof createStreamRegistry>
