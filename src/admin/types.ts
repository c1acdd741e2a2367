import type { ModelEntry } from '../catalog/types.js'

/** One region's row in `status`. */
export interface RegionStatus {
  readonly region: string
  readonly models: number
  readonly profiles: number
  /** Ids that bedrock-mantle lists. */
  readonly mantleModels: number
  /** Milliseconds since the epoch of the last advance; null: never. */
  readonly advancedAtMs: number | null
  /** Why the last refresh did not advance this region; null: it did. */
  readonly lastFailure: { readonly atMs: number; readonly reason: string } | null
  /** A list that lost more than half of its models waits for a second opinion. */
  readonly heldBack: boolean
  readonly deniedProfileTypes: readonly string[]
}

/** `bedrockctl status --json`. Times are milliseconds since the epoch, durations are seconds. */
export interface Status {
  readonly name: 'bedrockd'
  readonly version: string
  readonly pid: number
  readonly startedAtMs: number
  readonly uptimeSeconds: number
  readonly ready: boolean
  /** What `/readyz` says, one flag for each condition. */
  readonly readiness: {
    readonly snapshot: boolean
    readonly credentials: boolean
    readonly draining: boolean
  }
  readonly listen: { readonly chat: string; readonly images: string | null; readonly metrics: string | null }
  readonly logLevel: string
  readonly credentials: {
    readonly kind: 'bearer' | 'sigv4' | 'none'
    readonly expiresAtMs: number | null
    readonly problem: string | null
  }
  readonly snapshot: {
    readonly generation: number
    readonly regions: readonly RegionStatus[]
    readonly refreshing: boolean
    readonly nextRefreshAtMs: number | null
  }
  readonly streams: { readonly open: number; readonly max: number }
  readonly connections: { readonly open: number; readonly max: number }
  readonly counters: Readonly<Record<string, number>>
  readonly memory: { readonly rssBytes: number; readonly heapUsedBytes: number }
}

/** One running chat stream. */
export interface StreamInfo {
  readonly id: string
  readonly model: string
  readonly region: string
  readonly startedAtMs: number
  readonly events: number
  readonly bytes: number
  /** Reading from Bedrock waits for the client. */
  readonly paused: boolean
  readonly silentForMs: number
}

/** The outcome of one refresh, region by region. */
export interface RefreshReport {
  readonly generation: number
  readonly regions: readonly {
    readonly region: string
    /** `adopted`: another process has just asked AWS, and what it stored was taken. */
    readonly outcome: 'advanced' | 'unchanged' | 'adopted' | 'held-back' | 'failed'
    readonly reason: string | null
  }[]
}

/** A parameter that a model was seen to refuse, and is spared from then on. */
export interface LessonInfo {
  /** Foundation model id where it is known. */
  readonly model: string
  readonly parameter: string
  readonly learnedAtMs: number
}

/** What the admin socket may ask of the daemon. The gateway implements it. */
export interface AdminBackend {
  status(): Status
  models(): readonly ModelEntry[]
  lessons(): readonly LessonInfo[]
  /** Unlearns what one model was seen to refuse, named in any way that a client may; null: all models. Resolves with what was forgotten. */
  forgetLessons(model: string | null): Promise<readonly LessonInfo[]>
  /** Waits for a whole refresh; a running one is joined. */
  refresh(): Promise<RefreshReport>
  streams(): readonly StreamInfo[]
  /** Sets pino's level; throws a `RangeError` that lists the levels for an unknown one. */
  setLogLevel(level: string): void
  /** Starts the drain that SIGTERM starts, and returns at once. */
  drain(): void
}
