import {
  type BenchContext,
  type Contender,
  isReady,
  openAiRequests,
  type Running,
  toRunning,
} from './contender.js'
import { spawnOn } from './processes.js'
import { MODEL_ID } from './wire.js'

/** Python gateways take their time where they have one core to start on. */
const START_LIMIT_MS = 120_000

interface Peer {
  readonly command: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly model: string
}

/** Gateways of others, one for each `BENCH_PEER_<KEY>_COMMAND`; `usage.ts` says what the variables mean. */
export function listPeers(environment: NodeJS.ProcessEnv): readonly Contender[] {
  return Object.keys(environment).flatMap((variable) => {
    const key = /^BENCH_PEER_(\w+)_COMMAND$/.exec(variable)?.[1]
    if (key === undefined) return []
    const name = environment[`BENCH_PEER_${key}_NAME`] ?? key.toLowerCase()
    return [toContender(name, () => parsePeer(environment, `BENCH_PEER_${key}_`))]
  })
}

function toContender(name: string, parse: () => Peer): Contender {
  try {
    const peer = parse()
    return { name, missing: null, start: (context) => startPeer(context, peer) }
  } catch (error) {
    const missing = error instanceof Error ? error.message : String(error)
    return { name, missing, start: () => Promise.reject(error) }
  }
}

/** Throws an error that names the variable and what was expected. */
function parsePeer(environment: NodeJS.ProcessEnv, prefix: string): Peer {
  const url = environment[`${prefix}URL`]
  if (url === undefined) throw new Error(`${prefix}URL is not set: where are its chat completions?`)
  return {
    command: environment[`${prefix}COMMAND`] ?? '',
    url: parseUrl(url, `${prefix}URL`),
    headers: parseHeaders(environment[`${prefix}HEADERS`] ?? '{}', `${prefix}HEADERS`),
    model: environment[`${prefix}MODEL`] ?? MODEL_ID,
  }
}

function parseUrl(text: string, variable: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  // The load generator connects to 127.0.0.1 and speaks no TLS.
  const isLocal = url?.hostname === '127.0.0.1' || url?.hostname === 'localhost'
  if (url?.protocol === 'http:' && isLocal) return url
  throw new Error(`${variable} must be like http://127.0.0.1:4000/v1/chat/completions, got ${text}`)
}

function parseHeaders(text: string, variable: string): Readonly<Record<string, string>> {
  const headers = parseJson(text)
  const isObject = typeof headers === 'object' && headers !== null && !Array.isArray(headers)
  if (isObject && Object.values(headers).every((value) => typeof value === 'string'))
    return headers as Record<string, string>
  throw new Error(`${variable} must be a JSON object of strings, got ${text}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

async function startPeer(context: BenchContext, peer: Peer): Promise<Running> {
  const environment = {
    ...process.env,
    ...context.awsEnvironment,
    UPSTREAM_URL: `http://127.0.0.1:${context.upstreamPort}`,
  }
  const headers = Object.fromEntries(
    Object.entries(peer.headers).map(([name, value]) => [name, fillIn(value, environment)]),
  )
  const { pathname, search } = peer.url
  const port = Number(peer.url.port || 80)
  if (await isReady(port)) throw new Error(`did not start: another server answers on port ${port}`)
  const child = spawnOn(context.core, ['sh', '-c', peer.command], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const request = openAiRequests({ path: pathname + search, headers, model: peer.model })
  return toRunning(child, { port, request, startLimitMs: START_LIMIT_MS })
}

/** `${NAME}` → the variable, as in the command. Throws for one that is not set. */
function fillIn(text: string, environment: NodeJS.ProcessEnv): string {
  return text.replace(/\$\{(\w+)\}/g, (whole, name: string) => {
    const value = environment[name]
    if (value === undefined) throw new Error(`${whole} in a header: no such variable`)
    return value
  })
}
