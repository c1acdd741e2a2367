import type { Logger } from 'pino'
import type { RefreshReport, RegionStatus } from '../admin/types.js'
import type { ControlPool } from '../aws/worker-pool.js'
import { type CatalogPolicy, createCatalog, regionsOf } from '../catalog/catalog.js'
import type { Catalog, RegionPart } from '../catalog/types.js'
import type { Config } from '../config.js'
import type { RefreshOutcome } from './refresh-task.js'
import { adoptsBackMs, HINT_INTERVAL_MS, nextRefreshDelayMs, type RefreshCause } from './refresh-timer.js'
import {
  adoptedState,
  confirmedState,
  NEW_REGION,
  nextState,
  type RegionState,
  toRegionStatus,
} from './region-state.js'
import { createSharedRefresh } from './shared-refresh.js'
import type { FreshRegion, Snapshot, StoredRegion } from './snapshot-store.js'

const REGIONS_AT_ONCE_MAX = 8
/** The worker ends by its own deadline; this much later it is given up. */
const WORKER_GRACE_MS = 5_000

/** What a refresher is made of. Time and chance are arguments. */
export interface RefresherSource {
  readonly config: CatalogPolicy & Pick<Config, 'stateDir' | 'modelRefreshSeconds' | 'refreshDeadlineSeconds'>
  readonly pool: Pick<ControlPool, 'run'>
  /** What the start found on disk. */
  readonly snapshot: Snapshot
  /** Hears how each region's refresh ended, with the catalog that stands then: never emptier than the one before. */
  readonly onOutcome: (outcome: ReportRow['outcome'], catalog: Catalog) => void
  /** Hears that a refresh is over, whoever asked. */
  readonly onRefreshed?: () => void
  readonly log: Logger
  readonly now?: () => number
  /** 0 to 1, as `Math.random`. */
  readonly random?: () => number
}

type ReportRow = RefreshReport['regions'][number]

/** Keeps the catalog fresh: asks AWS, or takes over what another process on the same state directory was told. */
export interface Refresher {
  /** The newest catalog; generation 0 and not loaded before the first success ever. */
  catalog(): Catalog
  /** Refreshes once now and then on the timer. */
  start(): void
  /** Asks AWS for every region, or joins a refresh that runs, here or in another process. Never rejects. */
  refresh(): Promise<RefreshReport>
  /** A request named an id that no listing has: refreshes in the background, at most once a minute. */
  hint(): void
  /** Resolves as soon as the catalog is loaded (true), or after `ms` without (false). */
  waitForFirst(ms: number): Promise<boolean>
  status(): RefresherStatus
  /** Stops the timer. A running refresh ends by itself, without effect. */
  close(): void
}

export interface RefresherStatus {
  readonly generation: number
  readonly regions: readonly RegionStatus[]
  readonly refreshing: boolean
  readonly nextRefreshAtMs: number | null
}

/** Starts from the snapshot on disk; call `start()` to begin asking AWS. */
export function createRefresher(source: RefresherSource): Refresher {
  const { config, pool, snapshot, onOutcome, onRefreshed, log, now = Date.now, random = Math.random } = source
  const states = new Map<string, RegionState>()
  for (const region of regionsOf(config)) {
    const stored = snapshot.parts.get(region)
    if (stored === undefined) states.set(region, NEW_REGION)
    else states.set(region, { ...NEW_REGION, ...stored, confirmedAtMs: stored.part.fetchedAtMs })
  }
  let generation = snapshot.generation
  let catalog = compose()
  let running: Promise<RefreshReport> | null = null
  /** The running refresh takes nothing that was there before it. */
  let isThorough = false
  /** It has asked AWS for everything: what is new since then it does not know. */
  let isPastAsking = false
  let timer: NodeJS.Timeout | undefined
  let nextRefreshAtMs: number | null = null
  let lastRefreshAtMs = Number.NEGATIVE_INFINITY
  let failuresInRow = 0
  /** Of the oldest part that the last refresh took over. */
  let adoptedAgeMs = 0
  const closing = new AbortController()
  const shared = createSharedRefresh({
    stateDir: config.stateDir,
    pool,
    waitMs:
      Math.ceil(states.size / REGIONS_AT_ONCE_MAX) * (config.refreshDeadlineSeconds * 1000 + WORKER_GRACE_MS),
    now,
    log,
  })
  const mantleProblems = new Map<string, string | null>()
  let isStarted = false
  let isClosed = false
  let announceFirst: () => void = () => {}
  const first = new Promise<void>((resolve) => {
    announceFirst = resolve
  })
  if (catalog.loaded) announceFirst()

  function compose(): Catalog {
    const parts = new Map<string, RegionPart>()
    for (const [region, { part }] of states) if (part !== null) parts.set(region, part)
    return createCatalog({ parts, generation, policy: config })
  }

  async function runRefresh(cause: RefreshCause): Promise<RefreshReport> {
    adoptedAgeMs = 0
    isPastAsking = false
    const rows = new Map<string, ReportRow>()
    /** What another process stored looks wrong: when AWS says the same, that is the second opinion. */
    const doubted = new Set<string>()
    const backMs = adoptsBackMs(cause, config.modelRefreshSeconds)
    await shared.run({
      regions: [...states.keys()],
      fromMs: backMs === null ? null : now() - backMs,
      signal: closing.signal,
      async adopt(found) {
        const row = await adopt(found)
        if (row === 'doubted') doubted.add(found.region)
        else if (row !== null) rows.set(found.region, row)
        return rows.has(found.region)
      },
      async ask(regions) {
        const queue = [...regions]
        const lane = async (): Promise<void> => {
          for (let region = queue.shift(); region !== undefined; region = queue.shift()) {
            rows.set(region, apply(region, await ask(region, doubted.has(region))))
            // Replies that came in together are applied in turns of their own: requests pass in between.
            await new Promise((resolve) => setImmediate(resolve))
          }
        }
        await Promise.all(Array.from({ length: REGIONS_AT_ONCE_MAX }, lane))
        isPastAsking = true
      },
    })
    const regions = [...states.keys()].flatMap((region) => rows.get(region) ?? [])
    return { generation, regions }
  }

  async function adopt(found: FreshRegion): Promise<ReportRow | 'doubted' | null> {
    const { region } = found
    const state = states.get(region) ?? NEW_REGION
    // The disk could not be written when AWS was asked here.
    if (found.fetchedAtMs < (state.confirmedAtMs ?? 0)) return null
    const isKnown = found.sha256 === state.observation?.digest
    const stored = isKnown ? null : await readStored(region)
    if (isClosed || (stored === null && !isKnown)) return null
    const next =
      stored === null ? confirmedState(state, found.fetchedAtMs) : adoptedState(state, stored, config.mantle)
    if (next === null || next === 'doubted') return next
    states.set(region, next)
    adoptedAgeMs = Math.max(adoptedAgeMs, now() - found.fetchedAtMs)
    const standing = generation
    generation =
      stored === null ? Math.max(generation, found.generation) : Math.max(generation + 1, stored.generation)
    if (generation !== standing) catalog = compose()
    if (catalog.loaded) announceFirst()
    const row = { region, outcome: 'adopted', reason: null } as const
    onOutcome(row.outcome, catalog)
    log.debug(row, 'region refreshed')
    return row
  }

  async function readStored(region: string): Promise<StoredRegion | null> {
    const outcome = await pool.run('read-region', { stateDir: config.stateDir, region }).catch(() => null)
    return outcome?.type === 'done' ? outcome.value : null
  }

  async function ask(region: string, isDoubted: boolean): Promise<RefreshOutcome> {
    const { part, observation, heldBack } = states.get(region) ?? NEW_REGION
    const deadlineMs = config.refreshDeadlineSeconds * 1000
    const mantleModels = config.mantle ? (part?.mantleModels ?? []) : null
    const task = {
      region,
      stateDir: config.stateDir,
      deadlineMs,
      standing: observation,
      heldBack: heldBack || isDoubted,
      mantleModels,
    }
    try {
      return await pool.run('refresh-region', task, {
        signal: AbortSignal.timeout(deadlineMs + WORKER_GRACE_MS),
      })
    } catch (error) {
      const name = error instanceof Error ? error.name : 'unknown'
      return { type: 'failed', reason: `the control worker did not answer: ${name}` }
    }
  }

  function apply(region: string, outcome: RefreshOutcome): RefreshReport['regions'][number] {
    const row = { region, outcome: outcome.type, reason: outcome.reason }
    if (isClosed) return row
    const state = states.get(region) ?? NEW_REGION
    states.set(region, nextState(state, outcome, now()))
    reportMantle(region, outcome)
    if (outcome.type === 'advanced') {
      generation = Math.max(generation + 1, outcome.generation ?? 0)
      catalog = compose()
      announceFirst()
    }
    onOutcome(outcome.type, catalog)
    if (outcome.reason === null) log.debug(row, 'region refreshed')
    else log.warn(row, 'region refresh had a problem')
    if (outcome.type === 'advanced' && outcome.part.deniedProfileTypes.length > 0) {
      const deniedProfileTypes = outcome.part.deniedProfileTypes
      log.warn({ region, deniedProfileTypes }, 'IAM denies a profile list: the region advances without it')
    }
    return row
  }

  /** Once, not at each refresh: most regions without bedrock-mantle never get it. */
  function reportMantle(region: string, outcome: RefreshOutcome): void {
    if (outcome.type !== 'advanced' && outcome.type !== 'unchanged') return
    const reason = outcome.mantleProblem
    if (reason === (mantleProblems.get(region) ?? null)) return
    mantleProblems.set(region, reason)
    if (reason === null) log.info({ region }, 'bedrock-mantle lists models again')
    else log.info({ region, reason }, 'bedrock-mantle lists no models')
  }

  function refresh(cause: RefreshCause): Promise<RefreshReport> {
    if (running === null) return start(cause)
    if (cause !== 'asked' || (isThorough && !isPastAsking)) return running
    // Who asks wants AWS's word as of now: one that took over what was there before is followed by another.
    const isTooEarly = isPastAsking
    isThorough = true
    isPastAsking = false
    return follow(
      running.then((report) =>
        isTooEarly || report.regions.some(({ outcome }) => outcome === 'adopted')
          ? runRefresh('asked')
          : report,
      ),
    )
  }

  function start(cause: RefreshCause): Promise<RefreshReport> {
    isThorough = cause === 'asked'
    return follow(runRefresh(cause))
  }

  /** Makes `refreshing` the one that runs. */
  function follow(refreshing: Promise<RefreshReport>): Promise<RefreshReport> {
    const current = refreshing.finally(() => {
      if (running !== current) return
      running = null
      lastRefreshAtMs = now()
      const hasFailed = [...states.values()].some(
        ({ lastFailure, heldBack }) => lastFailure !== null && !heldBack,
      )
      failuresInRow = hasFailed ? failuresInRow + 1 : 0
      schedule()
      if (!isClosed) onRefreshed?.()
    })
    running = current
    return current
  }

  function schedule(): void {
    if (!isStarted || isClosed) return
    clearTimeout(timer)
    const delayMs = nextRefreshDelayMs({
      periodSeconds: config.modelRefreshSeconds,
      failuresInRow,
      random: random(),
      ageMs: adoptedAgeMs,
    })
    nextRefreshAtMs = now() + delayMs
    timer = setTimeout(() => void refresh('timer'), delayMs)
  }

  return {
    catalog: () => catalog,
    start() {
      isStarted = true
      void refresh('start')
    },
    refresh: () => refresh('asked'),
    hint() {
      if (isClosed || running !== null || now() - lastRefreshAtMs < HINT_INTERVAL_MS) return
      void refresh('hint')
    },
    waitForFirst: (ms) => settlesWithin(first, ms),
    status: () => ({
      generation,
      regions: Array.from(states, ([region, state]) => toRegionStatus(region, state)),
      refreshing: running !== null,
      nextRefreshAtMs,
    }),
    close() {
      isClosed = true
      closing.abort()
      clearTimeout(timer)
      nextRefreshAtMs = null
    },
  }
}

/** True once `promise` is fulfilled, false after `ms`. */
async function settlesWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false)
  })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
