import { ResponseParser } from '../../../src/aws/http/response-parser.js'

/** What a parser made of one reply. */
export interface ReadReply {
  readonly status: number | null
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly bodyParts: number
  /** Complete, also where only the end of the connection says so. */
  readonly ended: boolean
  readonly keepsAlive: boolean
  readonly keepAliveSeconds: number | null
  /** Bytes behind the reply. */
  readonly left: number
}

const SCRIBBLE = 0x58

/**
 * Reads a reply in pieces of `pieceBytes`, each in the same memory, which is overwritten once a piece has been read. Throws
 * what the parser throws.
 */
export function readReply(
  reply: string,
  pieceBytes = reply.length,
  parser = new ResponseParser(),
): ReadReply {
  const bytes = Buffer.from(reply, 'latin1')
  const memory = Buffer.alloc(Math.max(pieceBytes, 1) + 16)
  let status: number | null = null
  let headers: Readonly<Record<string, string>> = {}
  const parts: Buffer[] = []
  const sink = {
    onHead(head: { status: number; headers: ReadonlyMap<string, string> }) {
      status = head.status
      headers = Object.fromEntries(head.headers)
    },
    onBody: (part: Buffer) => void parts.push(Buffer.from(part)),
  }
  let offset = 0
  while (offset < bytes.length && !parser.ended) {
    const piece = bytes.subarray(offset, offset + pieceBytes)
    memory.fill(SCRIBBLE)
    piece.copy(memory)
    offset += parser.push(memory, piece.length, sink)
  }
  const ended = parser.ended || parser.finish()
  const { keepsAlive, keepAliveSeconds } = parser
  const body = Buffer.concat(parts).toString('latin1')
  const left = bytes.length - offset
  return { status, headers, body, bodyParts: parts.length, ended, keepsAlive, keepAliveSeconds, left }
}
