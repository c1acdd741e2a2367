import { decideAdvance } from '../src/catalog/advance.js'
import type { RegionPart } from '../src/catalog/types.js'
import { codeOf, openDatabase } from '../src/state/database.js'
import type { RefreshOutcome, RefreshTask } from '../src/state/refresh-task.js'
import { type EncodedPart, encodePart, observe, storePart } from '../src/state/snapshot-store.js'
import { bedrockClient, forgetCredentials } from './bedrock-client.js'
import { fetchLists } from './fetch-lists.js'

/** Refreshes one region: fetch both lists, decide, store. Never rejects for what AWS or the disk does. */
export async function refreshRegion(task: RefreshTask): Promise<RefreshOutcome> {
  const { region, standing, heldBack } = task
  const fetched = await fetchLists(bedrockClient(region), AbortSignal.timeout(task.deadlineMs))
  if (fetched.type === 'failed') {
    if (fetched.credentialsDoubtful) forgetCredentials()
    return { type: 'failed', reason: fetched.reason }
  }
  const part: RegionPart = { region, fetchedAtMs: Date.now(), ...fetched.lists }
  const encoded = encodePart(part)
  const observation = observe(part, encoded.sha256)
  const decision = decideAdvance({ standing, fetched: { type: 'complete', observation }, heldBack })
  if (decision.type === 'failed' || decision.type === 'held-back') return decision
  // An unchanged part is stored, too: its time moves on, and a row that another start lost comes back.
  const { generation, reason } = store(task.stateDir, encoded)
  if (decision.type === 'unchanged') return { type: 'unchanged', fetchedAtMs: part.fetchedAtMs, reason }
  return { type: 'advanced', part, observation, generation, reason }
}

/** A full disk must not keep a good list from being served: the reason is reported, the part still advances. */
function store(stateDir: string, encoded: EncodedPart): { generation: number | null; reason: string | null } {
  try {
    // Opened for each write (1 ms): after a damaged file was moved aside, nobody goes on writing into it.
    const database = openDatabase(stateDir)
    try {
      return { generation: storePart(database, encoded), reason: null }
    } finally {
      database.close()
    }
  } catch (error) {
    return { generation: null, reason: `the snapshot could not be stored: ${codeOf(error)}` }
  }
}
