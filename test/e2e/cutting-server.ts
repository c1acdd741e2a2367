import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

/** What Bedrock sends back, as bytes on the wire, and whether it then ends the connection. */
export interface CutReply {
  readonly bytes: Buffer
  readonly ends: boolean
  /** Of one write at most; the most are much smaller. */
  readonly pieceBytesMax: number
}

/** Stands where Bedrock Runtime does, on a bare socket: its replies reach the daemon in pieces that end anywhere. */
export interface CuttingServer {
  readonly url: string
  close(): Promise<void>
}

/** `random` gives 0 to 1; `replyTo` hears what the user said last. */
export async function startCuttingServer(
  replyTo: (said: string) => CutReply,
  random: () => number,
  tls: TlsOptions | null,
): Promise<CuttingServer> {
  const sockets = new Set<Socket>()
  const onConnection = (socket: Socket): void => {
    socket.setNoDelay(true)
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    let received = Buffer.alloc(0)
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes])
      const headEnd = received.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const bodyBytes = Number(/content-length: (\d+)/.exec(received.toString('latin1', 0, headEnd))?.[1])
      if (received.length < headEnd + 4 + bodyBytes) return
      const { messages } = JSON.parse(received.toString('utf8', headEnd + 4)) as {
        messages: { content: { text: string }[] }[]
      }
      received = Buffer.alloc(0)
      void play(socket, replyTo(messages.at(-1)?.content[0]?.text ?? ''), random)
    })
  }
  const server = tls === null ? createServer(onConnection) : createTlsServer(tls, onConnection)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `${tls === null ? 'http' : 'https'}://localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function play(
  socket: Socket,
  { bytes, ends, pieceBytesMax }: CutReply,
  random: () => number,
): Promise<void> {
  let offset = 0
  while (offset < bytes.length && !socket.destroyed) {
    const end = offset + 1 + Math.floor(random() ** 3 * pieceBytesMax)
    const taken = socket.write(bytes.subarray(offset, end))
    offset = end
    if (!taken) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {})
    else if (random() < 0.3) await sleep(random() < 0.1 ? 4 : 0)
  }
  if (ends) socket.end()
}
