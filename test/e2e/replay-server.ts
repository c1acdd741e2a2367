import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Recording } from '../bedrock/recordings.js'

/** Stands where Bedrock Runtime does and answers each call with the recording that its model id names. */
export interface ReplayServer {
  readonly url: string
  /** The name under which a chat gets this recording as its answer. */
  modelOf(recording: Recording): string
  close(): Promise<void>
}

const PREFIX = 'recorded.reply-'
/** Streams come in pieces of odd size, so that frames are cut at odd places. */
const PIECE_BYTES = 517

export async function startReplayServer(recordings: readonly Recording[]): Promise<ReplayServer> {
  const byId = new Map(recordings.map((recording) => [recording.id, recording]))
  const server = createServer((request, reply) => {
    request.resume()
    const id = /^\/model\/recorded\.reply-(\d{4})\/converse/.exec(request.url ?? '')?.[1] ?? ''
    const recording = byId.get(id)
    if (recording === undefined) {
      reply.writeHead(404).end()
      return
    }
    const contentType = recording.headers['content-type'] ?? 'application/json'
    const body = recording.json === null ? recording.body : Buffer.from(JSON.stringify(recording.json))
    reply.writeHead(recording.status, { 'content-type': contentType })
    for (let offset = 0; offset < body.length; offset += PIECE_BYTES) {
      reply.write(body.subarray(offset, offset + PIECE_BYTES))
    }
    reply.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    modelOf: ({ id }) => `${PREFIX}${id}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
