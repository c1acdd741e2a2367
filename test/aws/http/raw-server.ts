import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

/** A server on loopback that says exactly what a test tells it to. */
export interface RawServer {
  readonly port: number
  readonly url: URL
  /** Every connection, in the order they came. */
  readonly sockets: readonly Socket[]
  close(): Promise<void>
}

/** `onRequest` is called with what each read brought. */
export async function startRawServer(
  onRequest: (socket: Socket, bytes: Buffer) => void,
  tls: TlsOptions | null = null,
): Promise<RawServer> {
  const sockets: Socket[] = []
  const onConnection = (socket: Socket): void => {
    sockets.push(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => onRequest(socket, bytes))
  }
  const server = tls === null ? createServer(onConnection) : createTlsServer(tls, onConnection)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: new URL(tls === null ? `http://127.0.0.1:${port}` : `https://localhost:${port}`),
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
