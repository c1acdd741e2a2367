import type { BedrockClient } from '@aws-sdk/client-bedrock'
import {
  type ListingPage,
  parseFoundationModels,
  parseInferenceProfiles,
} from '../src/catalog/parse-listing.js'
import type { FoundationModel, InferenceProfile, RegionPart } from '../src/catalog/types.js'
import { type AwsFailure, areCredentialsDoubtful, describeFailure, toAwsFailure } from './aws-failure.js'
import { loadBedrockSdk } from './aws-sdk.js'
import { beforeEnd, DeadlineError } from './before-end.js'
import { addQuery, rawBodyOf } from './raw-body.js'

const { ListFoundationModelsCommand, ListInferenceProfilesCommand } = loadBedrockSdk()

const PAGES_MAX = 50
const PROFILES_PER_PAGE = 1000

type Lists = Pick<RegionPart, 'models' | 'profiles' | 'deniedProfileTypes'>
type ProfileType = RegionPart['deniedProfileTypes'][number]

/** Both lists of a region, or why there is none. A failure names the operation, never the words of AWS. */
export type FetchedLists =
  | { readonly type: 'complete'; readonly lists: Lists }
  | { readonly type: 'failed'; readonly reason: string; readonly credentialsDoubtful: boolean }

type Fetched<Row> =
  | { readonly type: 'rows'; readonly rows: readonly Row[] }
  | { readonly type: 'failed'; readonly failure: AwsFailure }

/** Fetches all pages of both lists. Ends when `signal` does, also where the SDK itself would wait on. */
export async function fetchLists(client: BedrockClient, signal: AbortSignal): Promise<FetchedLists> {
  const [models, system, application] = await Promise.all([
    fetchModels(client, signal),
    fetchProfiles(client, 'SYSTEM_DEFINED', signal),
    fetchProfiles(client, 'APPLICATION', signal),
  ])
  if (models.type === 'failed') return failed('ListFoundationModels', models.failure)
  const deniedProfileTypes: ProfileType[] = []
  const profiles: InferenceProfile[] = []
  for (const [type, fetched] of [
    ['SYSTEM_DEFINED', system],
    ['APPLICATION', application],
  ] as const) {
    if (fetched.type === 'rows') profiles.push(...fetched.rows)
    else if (fetched.failure.name === 'AccessDeniedException') deniedProfileTypes.push(type)
    else return failed(`ListInferenceProfiles ${type}`, fetched.failure)
  }
  return {
    type: 'complete',
    lists: { models: byId(models.rows, 'modelId'), profiles: byId(profiles, 'arn'), deniedProfileTypes },
  }
}

function failed(operation: string, failure: AwsFailure): FetchedLists {
  return {
    type: 'failed',
    reason: `${operation}: ${describeFailure(failure)}`,
    credentialsDoubtful: areCredentialsDoubtful(failure),
  }
}

/** AWS keeps no order: rows are put in one and doubles dropped, so that equal lists have equal digests. */
function byId<Key extends string, Row extends Readonly<Record<Key, string>>>(
  rows: readonly Row[],
  key: Key,
): Row[] {
  const unique = new Map(rows.map((row): [string, Row] => [row[key], row]))
  return [...unique.values()].sort((a, b) => (a[key] < b[key] ? -1 : 1))
}

function fetchModels(client: BedrockClient, signal: AbortSignal): Promise<Fetched<FoundationModel>> {
  return fetchPages(signal, async (nextToken) => {
    const command = new ListFoundationModelsCommand({})
    // The operation has no pages today; where a reply names a next one, it is asked for.
    if (nextToken !== null) addQuery(command, 'nextToken', nextToken)
    return parseFoundationModels(rawBodyOf(await client.send(command, { abortSignal: signal })))
  })
}

function fetchProfiles(
  client: BedrockClient,
  type: ProfileType,
  signal: AbortSignal,
): Promise<Fetched<InferenceProfile>> {
  return fetchPages(signal, async (nextToken) => {
    const page = nextToken === null ? {} : { nextToken }
    const command = new ListInferenceProfilesCommand({
      typeEquals: type,
      maxResults: PROFILES_PER_PAGE,
      ...page,
    })
    return parseInferenceProfiles(rawBodyOf(await client.send(command, { abortSignal: signal })))
  })
}

/** A reply of AWS that is no listing, or a list that never ends. */
class ListingError extends Error {
  override readonly name = 'IncompleteListing'
}

async function fetchPages<Row>(
  signal: AbortSignal,
  fetchPage: (nextToken: string | null) => Promise<ListingPage<Row> | null>,
): Promise<Fetched<Row>> {
  const rows: Row[] = []
  let nextToken: string | null = null
  try {
    for (let pages = 0; pages < PAGES_MAX; pages += 1) {
      const page: ListingPage<Row> | null = await beforeEnd(fetchPage(nextToken), signal)
      // Rows that cannot be read are skipped, but a page of nothing else is no listing at all.
      if (page === null || (page.rows.length === 0 && page.skipped > 0)) throw new ListingError()
      rows.push(...page.rows)
      nextToken = page.nextToken
      if (nextToken === null) return { type: 'rows', rows }
    }
    throw new ListingError()
  } catch (error) {
    return { type: 'failed', failure: toAwsFailure(signal.aborted ? new DeadlineError() : error) }
  }
}
