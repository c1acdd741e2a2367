import type { RegionStatus } from '../admin/types.js'
import { decideAdvance, type Observation } from '../catalog/advance.js'
import type { RegionPart } from '../catalog/types.js'
import type { RefreshOutcome } from './refresh-task.js'
import type { StoredPart } from './snapshot-store.js'

/** One region's standing part and the memory of its last refresh. Replaced, never edited. */
export interface RegionState {
  readonly part: RegionPart | null
  readonly observation: Observation | null
  /** When AWS last gave the standing part, whole; the part itself stays the same object while nothing changes. */
  readonly confirmedAtMs: number | null
  readonly heldBack: boolean
  readonly lastFailure: RegionStatus['lastFailure']
}

/** Nothing was ever stored, nothing asked. */
export const NEW_REGION: RegionState = {
  part: null,
  observation: null,
  confirmedAtMs: null,
  heldBack: false,
  lastFailure: null,
}

/** What the region is after AWS was asked. */
export function nextState(state: RegionState, outcome: RefreshOutcome, atMs: number): RegionState {
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

/** The region's row in `status`. */
export function toRegionStatus(
  region: string,
  { part, confirmedAtMs, lastFailure, heldBack }: RegionState,
): RegionStatus {
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

/**
 * What the region is after another process has asked AWS; null: its part is not to be taken over. That holds for one that lost
 * more than half (`doubted`: asking AWS is then the second opinion), that is empty, and that comes from a process with
 * other settings for bedrock-mantle.
 */
export function adoptedState(
  state: RegionState,
  { part, observation }: StoredPart,
  usesMantle: boolean,
): RegionState | 'doubted' | null {
  const standing = state.part?.mantleModels.length ?? 0
  const found = part.mantleModels.length
  if (usesMantle ? found === 0 && standing > 0 : found > 0) return null
  const fetched = { type: 'complete', observation } as const
  const decision = decideAdvance({ standing: state.observation, fetched, heldBack: state.heldBack })
  switch (decision.type) {
    case 'advanced':
    case 'unchanged':
      return { part, observation, ...confirmed(part.fetchedAtMs) }
    case 'held-back':
      return 'doubted'
    case 'failed':
      return null
    default:
      return decision satisfies never
  }
}

/** What another process's word that nothing changed makes of the region. */
export function confirmedState(state: RegionState, fetchedAtMs: number): RegionState {
  return { ...state, ...confirmed(fetchedAtMs) }
}

function confirmed(fetchedAtMs: number): Pick<RegionState, 'confirmedAtMs' | 'heldBack' | 'lastFailure'> {
  return { confirmedAtMs: fetchedAtMs, heldBack: false, lastFailure: null }
}
