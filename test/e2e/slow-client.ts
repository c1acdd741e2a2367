import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { pipeline } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { chatBody } from './chat.js'

/** Starts a chat whose reply is read by nobody but the caller, at its own pace. Rejects where there is no reply. */
export async function openSlowly(
  url: string,
  extra: Readonly<Record<string, unknown>>,
): Promise<IncomingMessage> {
  const asked = request(`${url}/v1/chat/completions`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json' },
  })
  asked.on('error', () => {})
  asked.end(chatBody(extra))
  const [reply] = (await once(asked, 'response')) as [IncomingMessage]
  return reply
}

/** Counts what a whole stream brought, without keeping it. */
export interface Tally {
  bytes: number
  /** How often `x` came in text: what the emulator's prepared events consist of. */
  letters: number
  ended: boolean
  tail: string
}

/** Reads in small pieces with pauses, `bytesPerRead` at least each `pauseMs`, until the end or until `stop` says so. */
export async function readSlowly(
  reply: IncomingMessage,
  pace: { readonly bytesPerRead: number; readonly pauseMs: number },
  tally: Tally,
): Promise<void> {
  let bytesSincePause = 0
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    tally.bytes += chunk.length
    for (const byte of chunk) if (byte === 0x78) tally.letters += 1
    tally.tail = (tally.tail + chunk.toString('latin1')).slice(-64)
    bytesSincePause += chunk.length
    if (bytesSincePause < pace.bytesPerRead) continue
    bytesSincePause = 0
    await sleep(pace.pauseMs)
  }
  tally.ended = true
}

/** A TCP relay in front of the emulator that counts what it passed on to the daemon. */
export interface Tap {
  readonly url: string
  readonly bytes: number
  close(): void
}

export async function startTap(port: number): Promise<Tap> {
  let bytes = 0
  const sockets = new Set<{ destroy: () => void }>()
  const server = createServer((client) => {
    const upstream = connect({ port, host: '127.0.0.1' })
    sockets.add(client).add(upstream)
    pipeline(client, upstream, () => upstream.destroy())
    pipeline(upstream, client, () => client.destroy())
    upstream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get bytes() {
      return bytes
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Most that the kernel holds between the two ends of one loopback connection. */
export function socketBuffersBytesMax(): number {
  return ['tcp_wmem', 'tcp_rmem']
    .map((name) => readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim().split(/\s+/).at(-1))
    .reduce((sum, bytes) => sum + Number(bytes), 0)
}
