import { createSigner, sha256Hex, toAmzDate } from '../src/aws/sigv4.js'
import { parseMantleModels } from '../src/catalog/parse-listing.js'
import { describeFailure, toAwsFailure } from './aws-failure.js'
import { bedrockClient } from './bedrock-client.js'
import { beforeEnd, DeadlineError } from './before-end.js'
import { mantleEndpoint } from './mantle-endpoint.js'

/** Its own: a region without bedrock-mantle must not hold its lists back. */
const DEADLINE_MS = 3_000
const BODY_BYTES_MAX = 4 * 1024 * 1024

/** What bedrock-mantle lists in a region, or why there is no list: a type and fixed words, never a text of AWS. */
export type FetchedMantleModels =
  | { readonly type: 'ids'; readonly ids: readonly string[] }
  | { readonly type: 'failed'; readonly reason: string }

/** `GET /v1/models` of a region's bedrock-mantle: ids in order. An empty list is a failure. Never rejects. */
export async function fetchMantleModels(region: string, signal: AbortSignal): Promise<FetchedMantleModels> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)])
  try {
    return await beforeEnd(ask(region, end), end)
  } catch (error) {
    const failure = toAwsFailure(end.aborted ? new DeadlineError() : causeOf(error))
    return { type: 'failed', reason: describeFailure(failure) }
  }
}

/** `fetch` says only that it failed; its cause has the code. */
function causeOf(error: unknown): unknown {
  return error instanceof TypeError && error.cause !== undefined ? error.cause : error
}

async function ask(region: string, signal: AbortSignal): Promise<FetchedMantleModels> {
  const endpoint = mantleEndpoint(region, process.env)
  if (endpoint === null) return { type: 'failed', reason: 'bedrock-mantle has no FIPS endpoint' }
  const url = new URL(`${endpoint}/v1/models`)
  const headers = await authorize(region, url)
  const response = await fetch(url, { headers, signal, redirect: 'error' })
  if (response.status !== 200) {
    await response.body?.cancel()
    return { type: 'failed', reason: `status ${response.status}` }
  }
  const ids = parseMantleModels(JSON.parse(await readText(response)))
  if (ids === null) return { type: 'failed', reason: 'the reply is no list of models' }
  return ids.length === 0 ? { type: 'failed', reason: 'the list is empty' } : { type: 'ids', ids }
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > BODY_BYTES_MAX) throw new RangeError(`expected a list of at most ${BODY_BYTES_MAX} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** The bearer token where there is one, as the SDK prefers it, else a signature by the region's own credentials. */
async function authorize(region: string, url: URL): Promise<Record<string, string>> {
  const token = process.env['AWS_BEARER_TOKEN_BEDROCK']
  if (token) return { authorization: `Bearer ${token}` }
  const { accessKeyId, secretAccessKey, sessionToken } = await bedrockClient(region).config.credentials()
  const amzDate = toAmzDate(Date.now())
  const headers: Record<string, string> = { 'x-amz-date': amzDate }
  if (sessionToken !== undefined) headers['x-amz-security-token'] = sessionToken
  const credentials = { accessKeyId, secretAccessKey, sessionToken: sessionToken ?? null }
  const signer = createSigner(credentials, { region, service: 'bedrock-mantle' })
  const signed = {
    method: 'GET',
    path: url.pathname,
    query: '',
    headers: Object.entries({ host: url.host, ...headers }),
    payloadHash: sha256Hex(''),
  }
  return { ...headers, authorization: signer.sign(signed, amzDate) }
}
