import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Contender, openAiRequests, type Running, toNodeOptions, toRunning } from './contender.js'
import { findFreePort, spawnOn } from './processes.js'
import { BEARER_TOKEN } from './wire.js'

/** The one that others are compared with; the bearer token stands beside it. */
export const PORTKEY = 'Portkey SigV4'

/** Where `make peers` puts it. */
const SERVER = fileURLToPath(
  new URL('../../../.peers/node_modules/@portkey-ai/gateway/build/start-server.js', import.meta.url),
)

type Headers = Readonly<Record<string, string>>

/** Portkey's gateway with SigV4 and with a bearer token. Credentials come with each request: it keeps none. */
export function listPortkey(server = SERVER): readonly Contender[] {
  return [
    toPortkey(server, PORTKEY, (aws) => ({
      'x-portkey-aws-access-key-id': aws['AWS_ACCESS_KEY_ID'] ?? '',
      'x-portkey-aws-secret-access-key': aws['AWS_SECRET_ACCESS_KEY'] ?? '',
    })),
    toPortkey(server, 'Portkey bearer', () => ({
      'x-portkey-aws-auth-type': 'apiKey',
      authorization: `Bearer ${BEARER_TOKEN}`,
    })),
  ]
}

function toPortkey(server: string, name: string, toCredentials: (aws: Headers) => Headers): Contender {
  return {
    name,
    missing: existsSync(server) ? null : 'it is not installed (make peers)',
    async start(context): Promise<Running> {
      const port = await findFreePort()
      const headers = {
        'x-portkey-provider': 'bedrock',
        'x-portkey-custom-host': `http://127.0.0.1:${context.upstreamPort}`,
        'x-portkey-aws-region': context.awsEnvironment['AWS_REGION'] ?? '',
        ...toCredentials(context.awsEnvironment),
      }
      // Headless: without its page of logs. The other settings are what a service would have. It listens on all
      // addresses, which 1.15 can't be told otherwise, so it may reach no more than the upstream's; loopback is among
      // the hosts it trusts of itself, other private addresses it refuses.
      const command = [
        process.execPath,
        ...toNodeOptions(context, name),
        server,
        '--headless',
        `--port=${port}`,
      ]
      const child = spawnOn(context.core, command as [string, ...string[]], {
        env: { PATH: process.env['PATH'], NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1' },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      return toRunning(child, { port, request: openAiRequests({ headers }) })
    },
  }
}
