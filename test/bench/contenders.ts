import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findFreePort, isInstalled, spawnOn, stopProcess } from './processes.js'
import { BEARER_TOKEN, toConversePost, toOpenAiBody, toPost } from './wire.js'

/** What a contender needs to know to start. */
export interface BenchContext {
  readonly upstreamPort: number
  /** `AWS_*` of a gateway: control plane on the emulator, runtime on the upstream. */
  readonly awsEnvironment: Readonly<Record<string, string>>
  /** Core of the contender; null: not pinned. */
  readonly core: number | null
  /** Where Node contenders write a CPU profile when they stop; null: none. */
  readonly profileDir: string | null
  /** More options for Node contenders. */
  readonly nodeOptions?: readonly string[]
}

/** A contender that takes requests. */
export interface Running {
  readonly port: number
  /** The process tree that is measured; null: none. */
  readonly pid: number | null
  /** Of a Prometheus listener with Node's own figures. */
  readonly metricsPort?: number
  /** A chat as this contender takes it, byte for byte. */
  request(stream: boolean, promptCharacters: number): Buffer
  stop(): Promise<void>
}

/** Something that can be measured. */
export interface Contender {
  readonly name: string
  /** Why it can't be measured here; null: it can. */
  readonly missing: string | null
  start(context: BenchContext): Promise<Running>
  /** Milliseconds from start to ready, with a snapshot on disk and no AWS; absent: means nothing here. */
  readonly startWithoutAws?: (context: BenchContext) => Promise<number>
  /** As many processes as cores are named, each on one of them, all on one port; absent: can't. */
  readonly startOn?: (context: BenchContext, cores: readonly (number | null)[]) => Promise<Running>
}

export const DIRECT = 'upstream directly'
export const NGINX = 'nginx'
export const SDK_RELAY = 'SDK relay'
export const BEDROCKD_SIGV4 = 'bedrockd SigV4'
export const BEDROCKD_BEARER = 'bedrockd bearer'

const START_LIMIT_MS = 30_000
const POLL_MS = 5
const STDERR_CHARACTERS_MAX = 4_000

/** All contenders, the baseline first, peers from `BENCH_PEER_*` last. */
export function listContenders(environment: NodeJS.ProcessEnv): readonly Contender[] {
  return [
    { name: DIRECT, missing: null, start: startDirect },
    {
      name: NGINX,
      missing: isInstalled('nginx') ? null : 'nginx is not installed (apt-get install nginx-light)',
      start: startNginx,
    },
    { name: SDK_RELAY, missing: null, start: startSdkRelay },
    toBedrockd(BEDROCKD_SIGV4, {}),
    toBedrockd(BEDROCKD_BEARER, { AWS_BEARER_TOKEN_BEDROCK: BEARER_TOKEN }),
    ...listPeers(environment),
  ]
}

async function startDirect({ upstreamPort }: BenchContext): Promise<Running> {
  return { port: upstreamPort, pid: null, request: toConversePost, stop: async () => {} }
}

/** nginx passes the upstream's bytes through as they come: the least that a proxy can do. */
async function startNginx({ upstreamPort, core }: BenchContext): Promise<Running> {
  const port = await findFreePort()
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-bench-nginx-'))
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, toNginxConfig({ folder, port, upstreamPort }))
  const child = spawnOn(core, ['nginx', '-p', folder, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  return toRunning(child, { port, folder, readyPath: null, request: toConversePost })
}

function toNginxConfig(options: {
  readonly folder: string
  readonly port: number
  readonly upstreamPort: number
}): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${options.folder}/${name};`)
    .join('\n')
  return `
daemon off;
master_process off;
pid ${options.folder}/nginx.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off;
${temporary}
  keepalive_requests 1000000000;
  client_max_body_size 0;
  upstream bedrock {
    server 127.0.0.1:${options.upstreamPort};
    keepalive 4096;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${options.port} backlog=4096;
    location = /healthz { return 200; }
    location / {
      proxy_pass http://bedrock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_request_buffering off;
      proxy_buffer_size 64k;
      proxy_buffers 4 64k;
      proxy_read_timeout 3600s;
    }
  }
}
`
}

async function startSdkRelay(context: BenchContext): Promise<Running> {
  const port = await findFreePort()
  const main = fileURLToPath(new URL('./sdk-relay.js', import.meta.url))
  const child = spawnOn(context.core, [process.execPath, ...nodeOptions(context, 'sdk-relay'), main], {
    env: { PATH: process.env['PATH'], ...context.awsEnvironment, PORT: String(port), NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return toRunning(child, { port, folder: null, readyPath: null, request: toOpenAiPost })
}

function toBedrockd(name: string, environment: Readonly<Record<string, string>>): Contender {
  return {
    name,
    missing: null,
    async start(context) {
      const folder = mkdtempSync(join(tmpdir(), 'bedrockd-bench-'))
      return startBedrockd(context, { name, folder, environment, keepFolder: false })
    },
    async startWithoutAws(context) {
      const folder = mkdtempSync(join(tmpdir(), 'bedrockd-bench-'))
      const first = await startBedrockd(context, { name, folder, environment, keepFolder: true })
      await first.stop()
      // A port on which nobody listens.
      const nowhere = `http://127.0.0.1:${await findFreePort()}`
      const cut = { AWS_ENDPOINT_URL_BEDROCK: nowhere, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: nowhere }
      const startedMs = performance.now()
      const options = { name, folder, environment: { ...environment, ...cut }, keepFolder: false }
      const again = await startBedrockd(context, options)
      const tookMs = performance.now() - startedMs
      await again.stop()
      return tookMs
    },
    startOn: (context, cores) => startTogether(context, { name, environment, cores }),
  }
}

/** Several processes on one port, with one state directory; each listens for its own administrator and its own metrics. */
async function startTogether(
  context: BenchContext,
  {
    name,
    environment,
    cores,
  }: {
    readonly name: string
    readonly environment: Readonly<Record<string, string>>
    readonly cores: readonly (number | null)[]
  },
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-bench-'))
  const port = await findFreePort()
  const members: Running[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    for (const [index, core] of cores.entries()) {
      const imagesPort = await findFreePort()
      const shared = {
        BEDROCKD_IMAGES_LISTEN: `127.0.0.1:${imagesPort}`,
        BEDROCKD_REUSE_PORT: 'true',
        BEDROCKD_ADMIN_SOCKET: join(folder, `admin-${index}.sock`),
      }
      const options = { name, folder, environment: { ...environment, ...shared }, keepFolder: true, port }
      members.push(await startBedrockd({ ...context, core }, options))
      // On the common port another one may have answered; the listener for images has the same routes and is its own.
      await untilReady(imagesPort)
    }
  } catch (error) {
    await stop()
    throw error
  }
  // CPU and memory would be those of one of them.
  return { port, pid: null, request: toOpenAiPost, stop }
}

async function startBedrockd(
  context: BenchContext,
  options: {
    readonly name: string
    readonly folder: string
    readonly environment: Readonly<Record<string, string>>
    readonly keepFolder: boolean
    /** Absent: a free one. */
    readonly port?: number
  },
): Promise<Running> {
  const port = options.port ?? (await findFreePort())
  const metricsPort = await findFreePort()
  const main = fileURLToPath(new URL('../../src/main.js', import.meta.url))
  const child = spawnOn(context.core, [process.execPath, ...nodeOptions(context, options.name), main], {
    env: {
      PATH: process.env['PATH'],
      HOME: options.folder,
      ...context.awsEnvironment,
      BEDROCKD_LISTEN: `127.0.0.1:${port}`,
      BEDROCKD_IMAGES_LISTEN: '',
      BEDROCKD_METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
      BEDROCKD_STATE_DIR: options.folder,
      BEDROCKD_ADMIN_SOCKET: join(options.folder, 'admin.sock'),
      BEDROCKD_MODEL_REFRESH_SECONDS: '86400',
      ...options.environment,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const folder = options.keepFolder ? null : options.folder
  const running = await toRunning(child, { port, folder, readyPath: '/readyz', request: toOpenAiPost })
  return { ...running, metricsPort }
}

/**
 * Gateways of others, one for each `BENCH_PEER_<KEY>_COMMAND`: a shell command that starts it, with `UPSTREAM_URL` and `AWS_*`
 * in its environment; `_URL` is where its chat completions are; `_NAME` and `_HEADERS` (a JSON object) are optional.
 */
function listPeers(environment: NodeJS.ProcessEnv): readonly Contender[] {
  return Object.keys(environment).flatMap((variable) => {
    const key = /^BENCH_PEER_(\w+)_COMMAND$/.exec(variable)?.[1]
    if (key === undefined) return []
    const read = (name: string): string | undefined => environment[`BENCH_PEER_${key}_${name}`]
    const url = read('URL')
    const missing = url === undefined ? `BENCH_PEER_${key}_URL is not set` : null
    const headers = JSON.parse(read('HEADERS') ?? '{}') as Record<string, string>
    const command = environment[variable] ?? ''
    return [
      {
        name: read('NAME') ?? key.toLowerCase(),
        missing,
        start: (context) => startPeer(context, { command, url: new URL(url ?? ''), headers }),
      } satisfies Contender,
    ]
  })
}

async function startPeer(
  context: BenchContext,
  peer: { readonly command: string; readonly url: URL; readonly headers: Readonly<Record<string, string>> },
): Promise<Running> {
  const child = spawnOn(context.core, ['sh', '-c', `exec ${peer.command}`], {
    env: {
      ...process.env,
      ...context.awsEnvironment,
      UPSTREAM_URL: `http://127.0.0.1:${context.upstreamPort}`,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const request = (stream: boolean, promptCharacters: number): Buffer =>
    toPost({ path: peer.url.pathname, headers: peer.headers, body: toOpenAiBody(stream, promptCharacters) })
  return toRunning(child, { port: Number(peer.url.port), folder: null, readyPath: null, request })
}

function toOpenAiPost(stream: boolean, promptCharacters: number): Buffer {
  return toPost({ path: '/v1/chat/completions', headers: {}, body: toOpenAiBody(stream, promptCharacters) })
}

function nodeOptions({ profileDir, nodeOptions: more = [] }: BenchContext, name: string): readonly string[] {
  if (profileDir === null) return more
  const file = `${name.replaceAll(' ', '-')}-${Date.now()}.cpuprofile`
  return [...more, '--cpu-prof', `--cpu-prof-dir=${profileDir}`, `--cpu-prof-name=${file}`]
}

/** Waits until the contender answers. Throws with its stderr where it does not. */
async function toRunning(
  child: ChildProcess,
  options: {
    readonly port: number
    /** Removed at the end. */
    readonly folder: string | null
    /** Must answer 200; null: any answer will do. */
    readonly readyPath: string | null
    readonly request: Running['request']
  },
): Promise<Running> {
  const { port, folder, request } = options
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-STDERR_CHARACTERS_MAX)
  })
  const stop = async (): Promise<void> => {
    await stopProcess(child)
    if (folder !== null) rmSync(folder, { recursive: true, force: true })
  }
  const endMs = performance.now() + START_LIMIT_MS
  while (!(await isReady(port, options.readyPath))) {
    if (performance.now() < endMs && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      continue
    }
    await stop()
    throw new Error(`did not start: ${complaint.trim().replace(/\s+/g, ' ').slice(-300)}`)
  }
  return { port, pid: child.pid ?? null, request, stop }
}

async function untilReady(port: number): Promise<void> {
  const endMs = performance.now() + START_LIMIT_MS
  while (!(await isReady(port, '/readyz'))) {
    if (performance.now() > endMs) throw new Error('one of the processes did not get ready')
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

async function isReady(port: number, path: string | null): Promise<boolean> {
  try {
    const { status } = await fetch(`http://127.0.0.1:${port}${path ?? '/'}`, {
      signal: AbortSignal.timeout(2_000),
    })
    return path === null || status === 200
  } catch {
    return false
  }
}
