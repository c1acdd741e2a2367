import assert from 'node:assert/strict'
import { Agent as NodeAgent, request } from 'node:http'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent as UndiciAgent, request as undiciRequest } from 'undici'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { chatBody, eventually } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'
import { openRaw, type RawClient, rawChat } from './raw-client.js'

const CLIENTS_OF_EACH_KIND = 25
const IDLE_MIN_MS = 5_000
const IDLE_MAX_MS = 16_000

let emulator: Emulator
let daemon: Daemon

before(async () => {
  emulator = await startEmulator()
  daemon = await startDaemon({ emulator })
})
after(async () => {
  await daemon?.kill()
  await emulator?.close()
})

/** POSTs over connections it keeps as its kind does; resolves with the reply's status. Never sends anything twice. */
interface Poster {
  post(): Promise<number>
  close(): void
}

/**
 * Keeps its connection unless the reply says otherwise, for as long as it likes, and never repeats a POST: aiohttp, which
 * Open WebUI uses. `headers` are what it sends beside.
 */
function createStubbornClient(headers: Readonly<Record<string, string>>): Poster {
  let client: RawClient | null = null
  let answered = 0
  return {
    async post() {
      client ??= await openRaw(daemon.port)
      const { socket, received, closed } = client
      let over = false
      void closed.then(() => {
        over = true
      })
      const start = answered
      socket.write(rawChat({}, headers))
      const reply = await eventually(() => {
        const text = received().slice(start)
        if (over && text === '') return 'Server disconnected'
        return isWhole(text) ? text : undefined
      }, 'the reply')
      answered += reply.length
      if (/\r\nconnection: close\r\n/i.test(reply)) {
        socket.destroy()
        client = null
        answered = 0
      }
      return Number(/^HTTP\/1\.1 (\d+)/.exec(reply)?.[1] ?? 0)
    },
    close: () => client?.socket.destroy(),
  }
}

function isWhole(text: string): boolean {
  const headersEnd = text.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
  return headersEnd > 0 && length !== undefined && text.length >= headersEnd + 4 + Number(length)
}

/** Node's own client: says keep-alive and honours `Keep-Alive: timeout`. */
function createNodeClient(): Poster {
  const agent = new NodeAgent({ keepAlive: true, maxSockets: 1 })
  return {
    post: () =>
      new Promise((resolve, reject) => {
        const asked = request(
          `${daemon.url}/v1/chat/completions`,
          { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
          (reply) => reply.resume().on('end', () => resolve(reply.statusCode ?? 0)),
        )
        asked.on('error', reject)
        asked.end(chatBody())
      }),
    close: () => agent.destroy(),
  }
}

/** undici says keep-alive and honours `Keep-Alive: timeout`, with a longer time of its own. */
function createUndiciClient(): Poster {
  const agent = new UndiciAgent({ connections: 1, keepAliveTimeout: 30_000 })
  return {
    async post() {
      const reply = await undiciRequest(`${daemon.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: chatBody(),
        dispatcher: agent,
      })
      await reply.body.text()
      return reply.statusCode
    },
    close: () => void agent.destroy().catch(() => {}),
  }
}

const KINDS: Readonly<Record<string, () => Poster>> = {
  'a client that says nothing of the connection (aiohttp)': () => createStubbornClient({}),
  "node:http's keep-alive agent": createNodeClient,
  undici: createUndiciClient,
  'a proxy that keeps connections for longer': () =>
    createStubbornClient({ connection: 'keep-alive', 'x-forwarded-for': '192.0.2.1' }),
}

// The whole test takes as long as the longest idle time: all clients idle at the same time.
test('connections that idle for 5 to 16 s between two POSTs lose none of them', async (t) => {
  const outcomes = await Promise.all(
    Object.entries(KINDS).flatMap(([kind, create]) =>
      Array.from({ length: CLIENTS_OF_EACH_KIND }, (_, index) => idleBetweenPosts(kind, create(), index)),
    ),
  )
  assert.equal(outcomes.length, 100)
  assert.deepEqual(
    outcomes.filter(({ failure }) => failure !== null),
    [],
  )
  t.diagnostic(`${outcomes.length} clients, ${outcomes.length * 2} POSTs`)
})

async function idleBetweenPosts(kind: string, poster: Poster, index: number) {
  const idleMs = IDLE_MIN_MS + ((IDLE_MAX_MS - IDLE_MIN_MS) * index) / (CLIENTS_OF_EACH_KIND - 1)
  try {
    const first = await poster.post()
    await sleep(idleMs)
    const second = await poster.post()
    const failure = first === 200 && second === 200 ? null : `${first} then ${second}`
    return { kind, idleMs, failure }
  } catch (error) {
    return { kind, idleMs, failure: String(error) }
  } finally {
    poster.close()
  }
}

test('clients that say keep-alive are told for how long, and do use a connection again', async () => {
  const client = await openRaw(daemon.port)
  for (let round = 1; round <= 3; round += 1) {
    client.socket.write(rawChat({}, { connection: 'keep-alive' }))
    await eventually(() => client.received().split('HTTP/1.1 200').length === round + 1, 'the reply')
  }
  assert.match(client.received(), /\r\nconnection: keep-alive\r\nkeep-alive: timeout=\d+\r\n/i)
  client.socket.destroy()
})
