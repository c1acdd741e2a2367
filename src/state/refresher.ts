import type { Logger } from 'pino'
import type { RefreshReport, RegionStatus } from '../admin/types.js'
import type { ControlPool } from '../aws/worker-pool.js'
import type { Observation } from '../catalog/advance.js'
import { type CatalogPolicy, createCatalog, regionsOf } from '../catalog/catalog.js'
import type { Catalog, RegionPart } from '../catalog/types.js'
import type { Config } from '../config.js'
import type { RefreshOutcome } from './refresh-task.js'
import { nextRefreshDelayMs } from './refresh-timer.js'
import type { Snapshot } from './snapshot-store.js'

const REGIONS_AT_ONCE_MAX = 8
/** Requests for unlisted ids start at most one refresh in this time. */
const HINT_INTERVAL_MS = 60_000
/** The worker ends by its own deadline; this much later it is given up. */
const WORKER_GRACE_MS = 5_000

/** What a refresher is made of. Time and chance are arguments. */
export interface RefresherSource {
  readonly config: CatalogPolicy & Pick<Config, 'stateDir' | 'modelRefreshSeconds' | 'refreshDeadlineSeconds'>
  readonly pool: Pick<ControlPool, 'run'>
  /** What the start found on disk. */
  readonly snapshot: Snapshot
  /** Hears how each region's refresh ended, with the catalog that stands then: never emptier than the one before. */
  readonly onOutcome: (outcome: RefreshOutcome['type'], catalog: Catalog) => void
  /** Hears that all regions were asked. */
  readonly onRefreshed?: () => void
  readonly log: Logger
  readonly now?: () => number
  /** 0 to 1, as `Math.random`. */
  readonly random?: () => number
}

/** Keeps the catalog fresh. */
export interface Refresher {
  /** The newest catalog; generation 0 and not loaded before the first success ever. */
  catalog(): Catalog
  /** Refreshes once now and then on the timer. */
  start(): void
  /** Refreshes every region; joins a running refresh. Never rejects. */
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

/** One region's standing part and the memory of its last refresh. Replaced, never edited. */
interface RegionState {
  readonly part: RegionPart | null
  readonly observation: Observation | null
  /** When AWS last gave the standing part, whole; the part itself stays the same object while nothing changes. */
  readonly confirmedAtMs: number | null
  readonly heldBack: boolean
  readonly lastFailure: RegionStatus['lastFailure']
}

const NEW_REGION: RegionState = {
  part: null,
  observation: null,
  confirmedAtMs: null,
  heldBack: false,
  lastFailure: null,
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
  let timer: NodeJS.Timeout | undefined
  let nextRefreshAtMs: number | null = null
  let lastRefreshAtMs = Number.NEGATIVE_INFINITY
  let failuresInRow = 0
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

  async function runRefresh(): Promise<RefreshReport> {
    const queue = [...states.keys()]
    const rows = new Map<string, RefreshReport['regions'][number]>()
    const lane = async (): Promise<void> => {
      for (let region = queue.shift(); region !== undefined; region = queue.shift()) {
        rows.set(region, apply(region, await ask(region)))
        // Replies that came in together are applied in turns of their own: requests pass in between.
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    await Promise.all(Array.from({ length: REGIONS_AT_ONCE_MAX }, lane))
    const regions = [...states.keys()].flatMap((region) => rows.get(region) ?? [])
    return { generation, regions }
  }

  async function ask(region: string): Promise<RefreshOutcome> {
    const { part, observation, heldBack } = states.get(region) ?? NEW_REGION
    const deadlineMs = config.refreshDeadlineSeconds * 1000
    const mantleModels = config.mantle ? (part?.mantleModels ?? []) : null
    const task = {
      region,
      stateDir: config.stateDir,
      deadlineMs,
      standing: observation,
      heldBack,
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

  function refresh(): Promise<RefreshReport> {
    running ??= runRefresh().finally(() => {
      running = null
      lastRefreshAtMs = now()
      const hasFailed = [...states.values()].some(
        ({ lastFailure, heldBack }) => lastFailure !== null && !heldBack,
      )
      failuresInRow = hasFailed ? failuresInRow + 1 : 0
      schedule()
      if (!isClosed) onRefreshed?.()
    })
    return running
  }

  function schedule(): void {
    if (!isStarted || isClosed) return
    clearTimeout(timer)
    const delayMs = nextRefreshDelayMs({
      periodSeconds: config.modelRefreshSeconds,
      failuresInRow,
      random: random(),
    })
    nextRefreshAtMs = now() + delayMs
    timer = setTimeout(() => void refresh(), delayMs)
  }

  return {
    catalog: () => catalog,
    start() {
      isStarted = true
      void refresh()
    },
    refresh,
    hint() {
      if (isClosed || running !== null || now() - lastRefreshAtMs < HINT_INTERVAL_MS) return
      void refresh()
    },
    waitForFirst: (ms) => settlesWithin(first, ms),
    status: () => ({
      generation,
      regions: Array.from(states, ([region, state]) => toStatus(region, state)),
      refreshing: running !== null,
      nextRefreshAtMs,
    }),
    close() {
      isClosed = true
      clearTimeout(timer)
      nextRefreshAtMs = null
    },
  }
}

function nextState(state: RegionState, outcome: RefreshOutcome, atMs: number): RegionState {
  const lastFailure = outcome.reason === null ? null : { atMs, reason: outcome.reason }
  switch (outcome.type) {
    case 'advanced':
      return advancedState(outcome, lastFailure)
    case 'unchanged':
      return { ...state, confirmedAtMs: outcome.fetchedAtMs, heldBack: false, lastFailure }
    case 'held-back':
      return { ...state, heldBack: true, lastFailure }
    case 'failed':
      // A refresh that failed is no second opinion: what was held back stays so.
      return { ...state, lastFailure }
    default:
      return outcome satisfies never
  }
}

function advancedState(
  { part, observation }: Extract<RefreshOutcome, { readonly type: 'advanced' }>,
  lastFailure: RegionStatus['lastFailure'],
): RegionState {
  return { part, observation, confirmedAtMs: part.fetchedAtMs, heldBack: false, lastFailure }
}

function toStatus(region: string, { part, confirmedAtMs, lastFailure, heldBack }: RegionState): RegionStatus {
  return {
    region,
    models: part?.models.length ?? 0,
    profiles: part?.profiles.length ?? 0,
    mantleModels: part?.mantleModels.length ?? 0,
    advancedAtMs: confirmedAtMs,
    lastFailure,
    heldBack,
    deniedProfileTypes: part?.deniedProfileTypes ?? [],
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
