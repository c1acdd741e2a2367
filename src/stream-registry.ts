import type { StreamInfo } from './admin/types.js'
import type { ModelTarget } from './catalog/types.js'
import type { Exchange } from './http/exchange.js'
import { type Listed, Roster } from './roster.js'

/** Something under way that has deadlines: a stream, or a reply that Bedrock still works on. */
export interface Watched extends Listed {
  /** Looks at its own deadlines; called a few times a second. `nowMs` is monotonic. */
  sweep(nowMs: number): void
  /** Ends it with an error the client understands: the daemon is going down. */
  shutDown(): void
  describe(nowMs: number): StreamInfo
}

/** One timer for all streams: how late a ping or a deadline may be. */
const SWEEP_EVERY_MS = 250

/** Every chat and every stream of pictures under way, and the one timer that watches them all. `now` is monotonic milliseconds. */
export function createStreamRegistry(now: () => number) {
  const open = new Roster<Watched>()
  const timer = setInterval(() => {
    const nowMs = now()
    for (const watched of open.list()) watched.sweep(nowMs)
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
      open.remove(watched)
    },
    describe(): readonly StreamInfo[] {
      const nowMs = now()
      return open.list().map((watched) => watched.describe(nowMs))
    },
    shutDown(): void {
      for (const watched of open.list()) watched.shutDown()
    },
    close(): void {
      clearInterval(timer)
    },
  }
}

export type StreamRegistry = ReturnType<typeof createStreamRegistry>

interface Progress extends Pick<StreamInfo, 'events' | 'bytes' | 'paused'> {
  readonly nowMs: number
  /** When Bedrock was last heard of. Both are monotonic. */
  readonly heardAtMs: number
}

/** One of the registry's entries, as the admin socket shows it. */
export function toStreamInfo(
  { requestId, startedAtMs }: Pick<Exchange, 'requestId' | 'startedAtMs'>,
  { id, region }: Pick<ModelTarget, 'id' | 'region'>,
  { nowMs, heardAtMs, ...progress }: Progress,
): StreamInfo {
  return {
    id: requestId,
    model: id,
    region,
    startedAtMs: Math.round(Date.now() - (nowMs - startedAtMs)),
    silentForMs: Math.round(nowMs - heardAtMs),
    ...progress,
  }
}
