import { decideAdvance } from '../src/catalog/advance.js'
import type { RegionPart } from '../src/catalog/types.js'
import { codeOf, openDatabase } from '../src/state/database.js'
import type { RefreshOutcome, RefreshTask } from '../src/state/refresh-task.js'
import { type EncodedPart, encodePart, observe, storePart } from '../src/state/snapshot-store.js'
import { bedrockClient, forgetCredentials } from './bedrock-client.js'
import { fetchLists } from './fetch-lists.js'
import { fetchMantleModels } from './fetch-mantle-models.js'

/** Refreshes one region: fetch both lists and bedrock-mantle's, decide, store. Never rejects for what AWS or the disk does. */
export async function refreshRegion(task: RefreshTask): Promise<RefreshOutcome> {
  const { region, standing, heldBack } = task
  const signal = AbortSignal.timeout(task.deadlineMs)
  const [fetched, mantle] = await Promise.all([
    fetchLists(bedrockClient(region), signal),
    askMantle(task, signal),
  ])
  if (fetched.type === 'failed') {
    if (fetched.credentialsDoubtful) forgetCredentials()
    return { type: 'failed', reason: fetched.reason }
  }
  const part: RegionPart = { region, fetchedAtMs: Date.now(), ...fetched.lists, mantleModels: mantle.models }
  const encoded = encodePart(part)
  const observation = observe(part, encoded.sha256)
  const decision = decideAdvance({ standing, fetched: { type: 'complete', observation }, heldBack })
  if (decision.type === 'failed' || decision.type === 'held-back') return decision
  // An unchanged part is stored, too: its time moves on, and a row that another start lost comes back.
  const { generation, reason } = store(task.stateDir, encoded)
  const mantleProblem = mantle.problem
  if (decision.type === 'unchanged')
    return { type: 'unchanged', fetchedAtMs: part.fetchedAtMs, reason, mantleProblem }
  return { type: 'advanced', part, observation, generation, reason, mantleProblem }
}

/** The models of bedrock-mantle come on top: whatever it does, the region goes on with what it listed before. */
async function askMantle(
  { region, mantleModels }: RefreshTask,
  signal: AbortSignal,
): Promise<{ readonly models: readonly string[]; readonly problem: string | null }> {
  if (mantleModels === null) return { models: [], problem: null }
  const fetched = await fetchMantleModels(region, signal)
  if (fetched.type === 'ids') return { models: fetched.ids, problem: null }
  return { models: mantleModels, problem: fetched.reason }
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
