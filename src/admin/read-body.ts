import type { IncomingMessage } from 'node:http'

const BODY_BYTES_MAX = 65_536

/** The whole body as text; null where it has more than 64 KiB. Rejects when the sender goes away half way. */
export async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  return await new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
      else resolve(null)
    })
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    request.on('close', () => reject(new Error('the request ended before its body was complete')))
  })
}
