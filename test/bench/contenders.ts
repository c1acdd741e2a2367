import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type BenchContext,
  type Contender,
  openAiRequests,
  type Running,
  toNodeOptions,
  toRunning,
  untilReady,
} from './contender.js'
import { listPeers } from './peers.js'
import { listPortkey } from './portkey.js'
import { findFreePort, isInstalled, spawnOn } from './processes.js'
import { BEARER_TOKEN, toConversePost } from './wire.js'

export type { BenchContext, Contender, Running } from './contender.js'

export const DIRECT = 'upstream directly'
/** Where throughput is measured: what another load generator gets from the upstream. */
export const DIRECT_BY_WRK = 'upstream, by wrk'
export const NGINX = 'nginx'
export const SDK_RELAY = 'SDK relay'
export const BEDROCKD_SIGV4 = 'bedrockd SigV4'
export const BEDROCKD_BEARER = 'bedrockd bearer'

/** All contenders, the baseline first, peers from `BENCH_PEER_*` last. */
export function listContenders(environment: NodeJS.ProcessEnv): readonly Contender[] {
  return [
    { name: DIRECT, missing: null, start: startDirect },
    {
      name: DIRECT_BY_WRK,
      missing: isInstalled('wrk') ? null : 'wrk is not installed (apt-get install wrk)',
      start: startDirect,
    },
    {
      name: NGINX,
      missing: isInstalled('nginx') ? null : 'nginx is not installed (apt-get install nginx-light)',
      start: startNginx,
    },
    { name: SDK_RELAY, missing: null, start: startSdkRelay },
    toBedrockd(BEDROCKD_SIGV4, {}),
    toBedrockd(BEDROCKD_BEARER, { AWS_BEARER_TOKEN_BEDROCK: BEARER_TOKEN }),
    ...listPortkey(),
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
  return toRunning(child, { port, folder, request: toConversePost })
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
  const child = spawnOn(context.core, [process.execPath, ...toNodeOptions(context, 'sdk-relay'), main], {
    env: { PATH: process.env['PATH'], ...context.awsEnvironment, PORT: String(port), NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return toRunning(child, { port, request: openAiRequests({}) })
}

/** What the installed daemon is started with: the Makefile says it to both. */
const NODE_FLAGS = (process.env['BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '')

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
      await untilReady(imagesPort, '/readyz')
    }
  } catch (error) {
    await stop()
    throw error
  }
  // CPU and memory would be those of one of them.
  return { port, pid: null, request: openAiRequests({}), stop }
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
  const child = spawnOn(
    context.core,
    [process.execPath, ...NODE_FLAGS, ...toNodeOptions(context, options.name), main],
    {
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
    },
  )
  const folder = options.keepFolder ? {} : { folder: options.folder }
  const request = openAiRequests({})
  const running = await toRunning(child, { port, ...folder, readyPath: '/readyz', request })
  return { ...running, metricsPort }
}
