import type { Logger } from 'pino'
import { GatewayError } from '../errors.js'
import type { RuntimeAccess, RuntimeAccessRequest } from './access-types.js'
import { type BedrockService, type PlainAccess, toRegionAccess } from './plain-access.js'
import type { Signer } from './sigv4.js'

/** Credentials are renewed this long before they expire; short-lived ones at half of what they have left. */
const RENEW_AHEAD_MS = 5 * 60_000
/** Credentials without an expiry may still be rotated on disk: look again this often. */
const LOOK_AGAIN_MS = 15 * 60_000
const RETRY_MIN_MS = 1_000
const RETRY_MAX_MS = 60_000

/** How to reach and convince one service of one region. */
export interface RegionAccess {
  /** Base URL without a trailing slash. */
  readonly endpoint: string
  readonly auth: { readonly type: 'bearer'; readonly header: string } | SigV4Auth
}

interface SigV4Auth {
  readonly type: 'sigv4'
  readonly signer: Signer
  readonly sessionToken: string | null
}

export interface AccessStatus {
  readonly kind: 'bearer' | 'sigv4' | 'none'
  readonly expiresAtMs: number | null
  readonly problem: string | null
}

export interface AccessOptions {
  readonly regions: readonly string[]
  readonly bearerToken: string | null
  /** Runs `resolveRuntimeAccess` in a worker. */
  readonly resolve: (request: RuntimeAccessRequest) => Promise<RuntimeAccess>
  readonly log: Logger
  readonly now: () => number
}

/**
 * Credentials and endpoints on the main thread: plain values, resolved in a worker at start, ahead of expiry and after
 * AWS refused them; never per request.
 */
export function createAccess({ regions, bearerToken, resolve, log, now }: AccessOptions) {
  let found: RuntimeAccess | null = null
  let byService = createByService()
  let problem: string | null = 'credentials are still being resolved'
  let loggedProblem: string | null = null
  let failures = 0
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> | null = null
  let closed = false

  function adopt(next: RuntimeAccess): void {
    found = next
    byService = createByService()
    problem =
      bearerToken === null && next.credentials === null ? (next.problem ?? 'no credentials found') : null
  }

  /** Keeps what still works when the chain fails for a moment: expired credentials are refused by AWS, in its words. */
  async function renew(): Promise<void> {
    try {
      const next = await resolve({ regions, credentials: bearerToken === null })
      const keepsOld = next.credentials === null && found?.credentials != null && bearerToken === null
      if (keepsOld) problem = next.problem
      else adopt(next)
      failures = problem === null ? 0 : failures + 1
    } catch (error) {
      failures += 1
      problem = error instanceof Error ? error.message : String(error)
    }
    report()
    schedule()
  }

  /** Says a problem once, not at each attempt; and says when it is over. */
  function report(): void {
    if (problem === loggedProblem) return
    if (problem === null) log.info('aws credentials resolved')
    else log.warn({ reason: problem }, 'aws credentials missing')
    loggedProblem = problem
  }

  function schedule(): void {
    if (closed) return
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(() => void refresh(), nextDelayMs())
    timer.unref()
  }

  function nextDelayMs(): number {
    if (failures > 0) return Math.min(RETRY_MIN_MS * 2 ** (failures - 1), RETRY_MAX_MS)
    const expiresAtMs = found?.credentials?.expiresAtMs ?? null
    if (expiresAtMs === null) return LOOK_AGAIN_MS
    const leftMs = expiresAtMs - now()
    return Math.max(
      RETRY_MIN_MS,
      Math.min(leftMs - RENEW_AHEAD_MS, LOOK_AGAIN_MS),
      Math.min(leftMs / 2, LOOK_AGAIN_MS),
    )
  }

  /** Asks the worker now; a running attempt is joined. Never rejects. */
  function refresh(): Promise<void> {
    running ??= renew().finally(() => {
      running = null
    })
    return running
  }

  function whyNoEndpoint(region: string, service: BedrockService): GatewayError {
    if (found !== null) {
      return service === 'mantle' && found.endpoints[region] !== undefined
        ? noMantle()
        : notConfigured(region)
    }
    return failures > 0 ? missing(problem) : notYet()
  }

  function toPlain(region: string, service: BedrockService): PlainAccess {
    const endpoint = (service === 'mantle' ? found?.mantleEndpoints : found?.endpoints)?.[region]
    if (endpoint === undefined) throw whyNoEndpoint(region, service)
    const where = { service, region, endpoint }
    if (bearerToken !== null) return { ...where, auth: { type: 'bearer', header: `Bearer ${bearerToken}` } }
    const credentials = found?.credentials
    if (!credentials) throw missing(problem)
    return { ...where, auth: { type: 'sigv4', credentials } }
  }

  return {
    refresh,
    /** Throws a `GatewayError` (503) that names the cause while there are no credentials. */
    forRegion(region: string, service: BedrockService = 'runtime'): RegionAccess {
      const known = byService[service].get(region)
      if (known !== undefined) return known
      const access = toRegionAccess(toPlain(region, service))
      byService[service].set(region, access)
      return access
    },
    /** The same of Bedrock Runtime, for another thread. Throws as `forRegion` does. */
    plainFor: (region: string): PlainAccess => toPlain(region, 'runtime'),
    /** AWS refused the credentials of a request: look for new ones, in the background. */
    refused(): void {
      if (bearerToken === null && running === null && failures === 0) {
        failures = 1
        schedule()
      }
    },
    get ready(): boolean {
      return (
        problem === null ||
        (found?.credentials != null && (found.credentials.expiresAtMs ?? Infinity) > now())
      )
    },
    status(): AccessStatus {
      const kind = bearerToken !== null ? 'bearer' : found?.credentials ? 'sigv4' : 'none'
      return { kind, expiresAtMs: found?.credentials?.expiresAtMs ?? null, problem }
    },
    close(): void {
      closed = true
      if (timer !== null) clearTimeout(timer)
    },
  }
}

export type Access = ReturnType<typeof createAccess>

function createByService(): Record<BedrockService, Map<string, RegionAccess>> {
  return { runtime: new Map(), mantle: new Map() }
}

function noMantle(): GatewayError {
  return new GatewayError(
    'model_not_found',
    'The model is served by bedrock-mantle, which has no FIPS endpoint: set AWS_ENDPOINT_URL_BEDROCK_MANTLE to use it.',
    { param: 'model' },
  )
}

function notConfigured(region: string): GatewayError {
  return new GatewayError(
    'model_not_found',
    `The model is in region ${region}: add it to BEDROCKD_REGIONS.`,
    {
      param: 'model',
    },
  )
}

/** The first moment after the start: the same request works a little later. */
function notYet(): GatewayError {
  return new GatewayError(
    'upstream_unavailable',
    'The gateway has just started and still looks for its AWS credentials.',
  )
}

function missing(problem: string | null): GatewayError {
  return new GatewayError(
    'aws_credentials',
    `The gateway has no AWS credentials: ${problem ?? 'none were found'}.`,
    {
      retryAfterSeconds: 5,
    },
  )
}
