import type { RegionAccess } from './access.js'
import { type Credentials, createSigner } from './sigv4.js'

/** The two hosts that serve models: Bedrock Runtime and bedrock-mantle. */
export type BedrockService = 'runtime' | 'mantle'

/** How to reach and convince one service of one region; plain data, for another thread. */
export interface PlainAccess {
  readonly service: BedrockService
  readonly region: string
  /** Base URL without a trailing slash. */
  readonly endpoint: string
  readonly auth:
    | { readonly type: 'bearer'; readonly header: string }
    | { readonly type: 'sigv4'; readonly credentials: Credentials }
}

/** bedrock-mantle is a service of its own to IAM (BerriAI/litellm#31475, its managed policies and CloudTrail). */
const SIGNING_NAMES = {
  runtime: 'bedrock',
  mantle: 'bedrock-mantle',
} as const satisfies Record<BedrockService, string>

/** The same, ready to sign. */
export function toRegionAccess({ service, region, endpoint, auth }: PlainAccess): RegionAccess {
  if (auth.type === 'bearer') return { endpoint, auth }
  const { credentials } = auth
  const signer = createSigner(credentials, { region, service: SIGNING_NAMES[service] })
  return { endpoint, auth: { type: 'sigv4', signer, sessionToken: credentials.sessionToken } }
}
