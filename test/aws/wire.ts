import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { pino } from 'pino'
import { type Access, createAccess } from '../../src/aws/access.js'
import type { RuntimeAccess } from '../../src/aws/access-types.js'
import { type BedrockClient, type BedrockRequest, createBedrockClient } from '../../src/aws/bedrock-client.js'
import type { GatewayError } from '../../src/errors.js'

/** One request as a server sees it: `onConnection` counts the requests of its connection from 1. */
export interface Arrival {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
  readonly onConnection: number
}

/** A real HTTP server on loopback that counts. */
export interface Wire {
  readonly url: string
  readonly requestsTotal: number
  readonly connectionsTotal: number
  close(): Promise<void>
}

export async function startWire(answer: (arrival: Arrival) => void): Promise<Wire> {
  const requestsBySocket = new Map<Socket, number>()
  let requestsTotal = 0
  let connectionsTotal = 0
  const listener: RequestListener = (request, response) => {
    requestsTotal += 1
    const { socket } = request
    const onConnection = (requestsBySocket.get(socket) ?? 0) + 1
    requestsBySocket.set(socket, onConnection)
    answer({ request, response, socket, onConnection })
  }
  const server = createServer({ keepAliveTimeout: 0 }, listener)
  server.on('connection', () => {
    connectionsTotal += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requestsTotal() {
      return requestsTotal
    },
    get connectionsTotal() {
      return connectionsTotal
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

export interface ClientOptions {
  readonly url: string
  readonly bearerToken?: string
  readonly sessionToken?: string
  readonly now?: () => number
  /** Called each time credentials are looked up. */
  readonly onLookUp?: () => void
}

/** The client as the daemon makes it, its credentials given. */
export async function createWireClient(options: ClientOptions): Promise<{
  readonly access: Access
  readonly client: ReturnType<typeof createBedrockClient>
  readonly close: () => Promise<void>
}> {
  const now = options.now ?? Date.now
  const access = createAccess({
    regions: ['us-east-1'],
    bearerToken: options.bearerToken ?? null,
    resolve: async ({ credentials }): Promise<RuntimeAccess> => {
      options.onLookUp?.()
      return {
        endpoints: { 'us-east-1': options.url },
        mantleEndpoints: { 'us-east-1': options.url },
        credentials: credentials ? toCredentials(options.sessionToken) : null,
        problem: null,
      }
    },
    log: pino({ level: 'silent' }),
    now,
  })
  await access.refresh()
  const client = createBedrockClient({ access, now })
  return {
    access,
    client,
    async close() {
      access.close()
      await client.close()
    },
  }
}

/** The emulator's own credentials, which are AWS's examples. */
function toCredentials(sessionToken: string | undefined): RuntimeAccess['credentials'] {
  return {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    sessionToken: sessionToken ?? null,
    expiresAtMs: null,
  }
}

/** What a handler heard of one call, in order, until its end. */
export interface Heard {
  readonly calls: readonly string[]
  readonly requestId: string | null
  readonly body: Buffer
  readonly error: GatewayError | null
}

const SETTLE_MS = 10

export const MODEL_ID = 'anthropic.claude-3-haiku-20240307-v1:0'

/** Sends one request and waits for its end. */
export function sendAndHear(client: BedrockClient, more: Partial<BedrockRequest> = {}): Promise<Heard> {
  return new Promise((resolve) => {
    const calls: string[] = []
    const parts: Buffer[] = []
    let requestId: string | null = null
    const end = (error: GatewayError | null): void => {
      calls.push(error === null ? 'end' : 'error')
      // Later, so that what the handler is told by mistake shows in `calls`, and the connection is back in its pool.
      setTimeout(() => resolve({ calls, requestId, body: Buffer.concat(parts), error }), SETTLE_MS)
    }
    client.send(toRequest(more), {
      onHeaders({ requestId: id }) {
        calls.push('headers')
        requestId = id
      },
      onData(chunk) {
        if (calls.at(-1) !== 'data') calls.push('data')
        parts.push(Buffer.from(chunk))
      },
      onEnd: () => end(null),
      onError: end,
    })
  })
}

export function toRequest(more: Partial<BedrockRequest> = {}): BedrockRequest {
  return {
    target: {
      id: MODEL_ID,
      region: 'us-east-1',
      dialect: 'converse',
      kind: 'chat' as const,
      foundationId: MODEL_ID,
    },
    stream: false,
    body: '{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}',
    payloadHash: null,
    headers: {},
    ownFields: [],
    dropsParams: true,
    ...more,
  }
}
