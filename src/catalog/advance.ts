/** What is compared of a region's two lists: plain numbers and a digest, so that no part crosses a thread for it. */
export interface Observation {
  readonly models: number
  /** System-defined profiles: the way to every profile-only model. */
  readonly systemProfiles: number
  /** Digest over both lists; equal digests mean equal lists. */
  readonly digest: string
}

/** How one fetch of both lists ended. `complete` is said only after the last page of both. */
export type FetchOutcome =
  | { readonly type: 'complete'; readonly observation: Observation }
  | { readonly type: 'failed'; readonly reason: string }

/** What a refresh does to a region's part. */
export type Advance =
  | { readonly type: 'advanced' }
  | { readonly type: 'unchanged' }
  | { readonly type: 'held-back'; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string }

/** Decides what one fetch does to the standing part (null: none yet). */
export function decideAdvance(input: {
  readonly standing: Observation | null
  readonly fetched: FetchOutcome
  /** The refresh before this one already returned less than half. */
  readonly heldBack: boolean
}): Advance {
  const { standing, fetched, heldBack } = input
  if (fetched.type === 'failed') return fetched
  const { observation } = fetched
  if (observation.models === 0) return { type: 'failed', reason: 'ListFoundationModels returned no model' }
  if (standing === null) return { type: 'advanced' }
  if (observation.digest === standing.digest) return { type: 'unchanged' }
  const loss = findLoss(standing, observation)
  return loss !== null && !heldBack ? { type: 'held-back', reason: loss } : { type: 'advanced' }
}

/**
 * Names the list that lost more than half of its rows; null: none did. System profiles count, too: without them
 * every profile-only model is out of reach. Application profiles do not: their owner deletes them at will.
 */
function findLoss(standing: Observation, now: Observation): string | null {
  if (now.models * 2 < standing.models) return lossReason('models', standing.models, now.models)
  if (now.systemProfiles * 2 < standing.systemProfiles) {
    return lossReason('system profiles', standing.systemProfiles, now.systemProfiles)
  }
  return null
}

function lossReason(what: string, before: number, now: number): string {
  return `${what} fell from ${before} to ${now}: held back until the next refresh agrees`
}
