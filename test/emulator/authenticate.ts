import {
  invalidSignature,
  type SignedRequest,
  type SigningIdentity,
  verifySignature,
} from './sigv4-verifier.js'
import { BedrockError } from './wire-error.js'

/** The secrets that requests must prove, and where they may go. */
export interface AuthenticationOptions {
  readonly identity: SigningIdentity
  readonly bearerToken: string
  readonly regions: readonly string[]
}

/** The region of an authentic request: its credential scope's, or for a bearer token its host's. Throws a BedrockError. */
export function authenticate(request: SignedRequest, options: AuthenticationOptions, nowMs: number): string {
  const authorization = header(request, 'authorization')
  if (authorization === '') throw missingToken()
  if (/^Bearer /i.test(authorization)) {
    if (authorization.slice('Bearer '.length).trim() !== options.bearerToken) throw wrongBearerToken()
    return hostRegion(header(request, 'host')) ?? options.regions[0] ?? ''
  }
  const { region } = verifySignature(request, options.identity, { nowMs })
  // Words of AWS, for example aws/aws-sdk-java-v2#988.
  if (!options.regions.includes(region)) {
    throw invalidSignature(`Credential should be scoped to a valid region, not '${region}'. `)
  }
  return region
}

// bedrock-facts C1.
function hostRegion(host: string): string | null {
  return /^bedrock(?:-runtime)?(?:-fips)?\.([a-z0-9-]+)\./.exec(host)?.[1] ?? null
}

// AWS "Common Error Types": MissingAuthenticationToken, 403; words as in common-voice/common-voice#1599.
function missingToken(): BedrockError {
  return new BedrockError(
    { status: 403, type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' },
    { origin: 'authentication' },
  )
}

// anomalyco/opencode#47073, ai4s-research/open-science#53: 403, and the member is `Message`.
function wrongBearerToken(): BedrockError {
  return new BedrockError(
    {
      status: 403,
      type: 'AccessDeniedException',
      message: 'Authentication failed: Please make sure your API Key is valid.',
    },
    { origin: 'authentication', messageMember: 'Message' },
  )
}

function header(request: SignedRequest, name: string): string {
  return request.headers.find(([header]) => header.toLowerCase() === name)?.[1] ?? ''
}
