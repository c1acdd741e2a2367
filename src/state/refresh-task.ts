import type { Observation } from '../catalog/advance.js'
import type { RegionPart } from '../catalog/types.js'

/** What the control worker needs for one region's refresh. Plain data. */
export interface RefreshTask {
  readonly region: string
  readonly stateDir: string
  /** Both lists, all pages and all retries, must be there within this. */
  readonly deadlineMs: number
  /** What stands in memory; null: nothing yet. */
  readonly standing: Observation | null
  /** What bedrock-mantle listed last, which stays where it gives nothing now; null: it is not asked. */
  readonly mantleModels: readonly string[] | null
  /** The refresh before this one held a smaller list back. */
  readonly heldBack: boolean
}

/** What became of it. Reasons hold types, statuses and fixed words, never a text of AWS. */
export type RefreshOutcome =
  | {
      readonly type: 'advanced'
      readonly part: RegionPart
      readonly observation: Observation
      /** Null: the part is good but could not be stored. */
      readonly generation: number | null
      /** Why it could not be stored; null: it was. */
      readonly reason: string | null
      readonly mantleProblem: string | null
    }
  | {
      readonly type: 'unchanged'
      readonly fetchedAtMs: number
      readonly reason: string | null
      /** Why bedrock-mantle gave no list, so that the one before stands; null: it did, or was not asked. */
      readonly mantleProblem: string | null
    }
  | { readonly type: 'held-back'; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string }
