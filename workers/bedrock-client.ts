import type { BedrockClient } from '@aws-sdk/client-bedrock'
import { loadBedrockSdk } from './aws-sdk.js'
import { FRESH_FILES } from './fresh-files.js'
import { keepRawBodies } from './raw-body.js'

const CONNECTION_TIMEOUT_MS = 3_000
/** A single attempt; the refresh deadline spans all attempts and pages. */
const ATTEMPT_TIMEOUT_MS = 20_000

const sdk = loadBedrockSdk()
const clients = new Map<string, BedrockClient>()
let credentials: BedrockClient['config']['credentials'] | undefined

/**
 * The region's control-plane client: credentials, endpoint, signing, bearer token and retries are the SDK's. One per
 * region, kept, with one credential chain for all, so that 31 regions do not start 31 credential
 * processes. Raw bodies of its replies: `rawBodyOf`.
 */
export function bedrockClient(region: string): BedrockClient {
  const standing = clients.get(region)
  if (standing !== undefined) return standing
  const client = new sdk.BedrockClient({
    ...FRESH_FILES,
    region,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: ATTEMPT_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
    ...(credentials === undefined ? {} : { credentials }),
  })
  keepRawBodies(client)
  credentials ??= client.config.credentials
  clients.set(region, client)
  return client
}

/**
 * The next clients search for credentials anew: the SDK keeps those without an expiry for ever, even when AWS refuses
 * them, and goes on waiting for a search that hangs.
 */
export function forgetCredentials(): void {
  clients.clear()
  credentials = undefined
}
