import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { Agent, type Dispatcher, request } from 'undici'
import type { MediaPolicy } from '../src/aws/chat-body-task.js'
import { untilAborted } from '../src/aws/until-aborted.js'
import { GatewayError } from '../src/errors.js'
import { createLimiter } from './limiter.js'
import { isPublicAddress } from './public-address.js'

const REDIRECTS_MAX = 3
const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const FETCHES_AT_A_TIME = 4
/** All files of one request, in the largest that one may be: they are in memory together. */
const FILES_OF_FULL_SIZE_MAX = 4
/** Addresses of one request: no model is known to take more images (Anthropic documents 100). */
const ADDRESSES_MAX = 100
/** All fetches of one request, in the longest that one may take: a thread serves few requests at a time. */
const FETCHES_OF_FULL_TIME_MAX = 6
const HTTPS_PORT = 443

/** What an address gave. */
export interface FetchedFile {
  readonly bytes: Uint8Array
  /** As the server labels it, lower case, without parameters. */
  readonly mediaType: string | null
  /** The last part of the address's path. */
  readonly fileName: string | null
}

/** The addresses of one chat request. */
export interface UrlFetcher {
  /** Fetches it; the same address a second time costs nothing. Throws a `GatewayError` that names `param`. */
  fetch(url: string, param: string): Promise<FetchedFile>
  /** Ends what is under way. */
  close(): Promise<void>
}

/** What tests change: where an address may lead, and whom to trust. */
export interface FetchRules {
  readonly isAllowed: (address: string) => boolean
  readonly lookup: typeof systemLookup
  readonly ports: readonly number[]
  readonly tls: Pick<ConnectionOptions, 'ca'>
}

const PUBLIC_ONLY: FetchRules = {
  isAllowed: isPublicAddress,
  lookup: systemLookup,
  ports: [HTTPS_PORT],
  tls: {},
}

/** Says why a fetch failed. Never holds a word of the server. */
class FetchFailure extends Error {}

/**
 * Fetches files that a client names by address. The client is a stranger to this machine's network: only https, only public addresses,
 * judged where the connection is made, so that neither a redirect nor a second DNS answer leads inside.
 */
export function createUrlFetcher(policy: MediaPolicy, changes: Partial<FetchRules> = {}): UrlFetcher {
  const rules = { ...PUBLIC_ONLY, ...changes }
  const agent = new Agent({
    connect: { ...rules.tls, lookup: createGuardedLookup(rules) },
    maxHeaderSize: 16_384,
  })
  const limit = createLimiter(FETCHES_AT_A_TIME)
  const budget = { bytesLeft: policy.fetchBytesMax * FILES_OF_FULL_SIZE_MAX }
  const fetched = new Map<string, Promise<FetchedFile>>()
  const endMs = performance.now() + policy.fetchMs * FETCHES_OF_FULL_TIME_MAX

  function start(url: string): Promise<FetchedFile> {
    if (!policy.fetchUrls) {
      throw new FetchFailure(
        'addresses are not fetched by this gateway (BEDROCKD_FETCH_URLS is false): send the file as a data: URI',
      )
    }
    if (fetched.size >= ADDRESSES_MAX) {
      throw new FetchFailure(`a request may name at most ${ADDRESSES_MAX} addresses: send fewer`)
    }
    return limit(() => {
      if (performance.now() >= endMs) {
        throw new FetchFailure('the addresses of this request take too long together: send fewer')
      }
      return fetchWithin(url, { policy, rules, agent, budget })
    })
  }

  return {
    async fetch(url, param) {
      try {
        const standing = fetched.get(url)
        if (standing !== undefined) return await standing
        const fetching = start(url)
        fetched.set(url, fetching)
        return await fetching
      } catch (error) {
        if (!(error instanceof FetchFailure)) throw error
        throw new GatewayError('invalid_request', `${param}: ${error.message}`, { param })
      }
    },
    close: () => agent.destroy(),
  }
}

interface FetchTools {
  readonly policy: MediaPolicy
  readonly rules: FetchRules
  readonly agent: Agent
  /** Of the whole request. */
  readonly budget: { bytesLeft: number }
}

/** Redirects and the body included. */
async function fetchWithin(url: string, tools: FetchTools): Promise<FetchedFile> {
  const { fetchMs } = tools.policy
  const signal = AbortSignal.timeout(fetchMs)
  const late = (): FetchFailure =>
    new FetchFailure(
      `the address did not give the file within ${fetchMs / 1000} s: send the file as a data: URI`,
    )
  try {
    // DNS can't be stopped; nobody waits for it any more.
    return await untilAborted(followRedirects(url, signal, tools), signal, late)
  } catch (error) {
    if (error instanceof FetchFailure) throw error
    if (signal.aborted) throw late()
    throw toFailure(error)
  }
}

async function followRedirects(url: string, signal: AbortSignal, tools: FetchTools): Promise<FetchedFile> {
  const { rules, agent } = tools
  let target = parseAddress(url, rules)
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    const response = await request(target, {
      dispatcher: agent,
      signal,
      // Some hosts refuse nameless clients.
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'bedrockd' },
    })
    const { statusCode, headers, body } = response
    const location = REDIRECT_STATUSES.has(statusCode) ? headers['location'] : undefined
    if (typeof location !== 'string') return await readFile(response, target, tools)
    destroy(body)
    target = parseAddress(location, rules, target)
  }
  throw new FetchFailure(
    `the address redirects more than ${REDIRECTS_MAX} times: send the file as a data: URI`,
  )
}

/** Throws for what is not fetched whatever DNS says. */
function parseAddress(text: string, rules: FetchRules, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base?.href) : null
  const where = base === undefined ? 'the address' : 'the address redirects to one that'
  if (url === null) throw new FetchFailure(`${where} is not a valid URL`)
  if (url.protocol !== 'https:') throw new FetchFailure(`${where} must start with https://`)
  if (url.username !== '' || url.password !== '') {
    throw new FetchFailure(`${where} must not hold a user name or a password`)
  }
  const port = url.port === '' ? HTTPS_PORT : Number(url.port)
  if (!rules.ports.includes(port)) throw new FetchFailure(`${where} must use port ${HTTPS_PORT}, not ${port}`)
  // Connecting to a literal address asks no DNS, so that the lookup below never sees it.
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) !== 0 && !rules.isAllowed(literal)) throw privateFailure()
  return url
}

/** The same words for no address and for a private one: which names this network knows inside is nobody's business. */
const NOT_PUBLIC = 'leads to no public IP address, and no other is asked'

function privateFailure(): FetchFailure {
  return new FetchFailure(`the address ${NOT_PUBLIC}: send the file as a data: URI`)
}

/** The socket connects to what this answers and to nothing else. One private address among public ones is refused as a whole. */
function createGuardedLookup({ lookup, isAllowed }: FetchRules): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error, '')
      if (!addresses.every(({ address }) => isAllowed(address))) return callback(privateFailure(), '')
      const [first] = addresses
      if (first === undefined) return callback(privateFailure(), '')
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family)
    })
  }
}

async function readFile(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  url: URL,
  { policy: { fetchBytesMax }, budget }: FetchTools,
): Promise<FetchedFile> {
  try {
    if (statusCode !== 200) throw new FetchFailure(`the address answered ${statusCode} instead of 200`)
    const encoding = headers['content-encoding'] ?? 'identity'
    if (encoding !== 'identity') {
      throw new FetchFailure('the address gives the file compressed only: send it as a data: URI')
    }
    const chunks: Buffer[] = []
    let bytes = 0
    if (Number(headers['content-length'] ?? 0) > fetchBytesMax) throw tooLarge(fetchBytesMax)
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > fetchBytesMax) throw tooLarge(fetchBytesMax)
      budget.bytesLeft -= chunk.length
      if (budget.bytesLeft < 0) {
        throw new FetchFailure(
          'the files behind the addresses of this request are too large together: send fewer',
        )
      }
      chunks.push(chunk)
    }
    return {
      bytes: Buffer.concat(chunks, bytes),
      mediaType: mediaTypeOf(headers['content-type']),
      fileName: fileNameOf(url),
    }
  } finally {
    destroy(body)
  }
}

function tooLarge(bytesMax: number): FetchFailure {
  return new FetchFailure(
    `the file behind the address is larger than the ${bytesMax} bytes that are fetched (BEDROCKD_FETCH_BYTES_MAX)`,
  )
}

function mediaTypeOf(header: string | string[] | undefined): string | null {
  const type = typeof header === 'string' ? header.split(';')[0]?.trim().toLowerCase() : undefined
  return type === undefined || type === '' ? null : type
}

function fileNameOf({ pathname }: URL): string | null {
  const last = pathname.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(last) || null
  } catch {
    return last
  }
}

/** Ends a body that nobody reads on; its error then is nobody's, too. */
function destroy(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => {})
  body.destroy()
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: NOT_PUBLIC,
  EAI_AGAIN: 'could not be looked up',
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection',
  UND_ERR_SOCKET: 'closed the connection',
  UND_ERR_CONNECT_TIMEOUT: 'did not answer',
  CERT_HAS_EXPIRED: 'has an expired certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a certificate that nobody vouches for',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate that nobody vouches for',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has a certificate that nobody vouches for',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name',
}

/** Errors of sockets, TLS and undici, in fixed words. */
function toFailure(error: unknown): FetchFailure {
  const { code } = error as { readonly code?: unknown }
  const reason = typeof code === 'string' && Object.hasOwn(REASONS, code) ? REASONS[code] : undefined
  return new FetchFailure(`the address ${reason ?? 'could not be fetched'}: send the file as a data: URI`)
}
