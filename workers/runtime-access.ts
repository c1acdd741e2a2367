import type { RuntimeAccess, RuntimeAccessTask } from '../src/aws/access-types.js'
import { describeFailure, toAwsFailure } from './aws-failure.js'
import { loadRuntimeSdk } from './aws-sdk.js'
import { beforeEnd, DeadlineError } from './before-end.js'
import { FRESH_FILES } from './fresh-files.js'
import { mantleEndpoint } from './mantle-endpoint.js'

const { BedrockRuntimeClient, ConverseCommand } = loadRuntimeSdk()

/**
 * What the SDK's configuration says of Bedrock Runtime: the endpoint of each region (environment, profile, FIPS and
 * dual-stack settings included) and the credentials of its provider chain. Runs in a worker, because the chain may ask
 * STS, SSO, IMDS or another process. Never throws for missing credentials: `problem` says why there are none.
 */
export async function resolveRuntimeAccess(request: RuntimeAccessTask): Promise<RuntimeAccess> {
  const endpoints: Record<string, string> = {}
  const mantleEndpoints: Record<string, string> = {}
  for (const region of request.regions) {
    endpoints[region] = await resolveEndpoint(region)
    const mantle = mantleEndpoint(region, process.env)
    if (mantle !== null) mantleEndpoints[region] = mantle
  }
  if (!request.credentials) return { endpoints, mantleEndpoints, credentials: null, problem: null }
  try {
    const search = resolveCredentials(request.regions[0])
    const credentials = await beforeEnd(search, AbortSignal.timeout(request.deadlineMs))
    return { endpoints, mantleEndpoints, credentials, problem: null }
  } catch (error) {
    return { endpoints, mantleEndpoints, credentials: null, problem: toProblem(error) }
  }
}

/** The chain's own words tell an operator what to do; those of STS and SSO, which name accounts and roles, stay out. */
function toProblem(error: unknown): string {
  if (!(error instanceof Error)) return 'the search for credentials failed'
  if (error instanceof DeadlineError) return 'the search for credentials did not end in time'
  if ('$metadata' in error) return describeFailure(toAwsFailure(error))
  return error.message
}

async function resolveCredentials(region: string | undefined): Promise<RuntimeAccess['credentials']> {
  const client = new BedrockRuntimeClient({ ...FRESH_FILES, ...(region === undefined ? {} : { region }) })
  const identity = await client.config.credentials()
  return {
    accessKeyId: identity.accessKeyId,
    secretAccessKey: identity.secretAccessKey,
    sessionToken: identity.sessionToken ?? null,
    expiresAtMs: identity.expiration?.getTime() ?? null,
  }
}

/** Thrown by the middleware below in place of sending: the request is built, which is all that is wanted. */
class Built extends Error {}

/** Base URL of the region's endpoint, without a trailing slash: what the SDK itself would send a request to. */
async function resolveEndpoint(region: string): Promise<string> {
  // Placeholder credentials: nothing is signed or sent, but the SDK picks an auth scheme before it builds.
  const client = new BedrockRuntimeClient({
    region,
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
  })
  let url = ''
  client.middlewareStack.add(
    () => async (args) => {
      const { protocol, hostname, port, path } = args.request as {
        protocol: string
        hostname: string
        port?: number
        path: string
      }
      url = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path.slice(0, path.indexOf('/model/'))}`
      throw new Built()
    },
    { step: 'build', name: 'captureEndpoint' },
  )
  try {
    await client.send(new ConverseCommand({ modelId: 'none', messages: [] }))
  } catch (error) {
    if (!(error instanceof Built)) throw error
  }
  return url
}
