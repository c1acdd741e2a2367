import { MalformedResponseError, parseResponseHead, type ResponseHead } from './response-head.js'

/** Status line and headers, and what follows a body, have at most this many bytes each. */
const HEAD_BYTES_MAX = 64 * 1024
const CHUNK_BYTES_MAX = 256 * 1024 * 1024
/** A chunk's size with its extensions. */
const CHUNK_LINE_BYTES_MAX = 4 * 1024

const HEAD_END = '\r\n\r\n'
const STATUS_LINE_START = 'HTTP/1.'

const CARRIAGE_RETURN = 0x0d
const LINE_FEED = 0x0a
const SEMICOLON = 0x3b
const SPACE = 0x20
const TAB = 0x09

export interface ResponseSink {
  onHead(head: ResponseHead): void
  /** What one push brought of the body, in one piece; its bytes are valid during the call only. */
  onBody(part: Buffer): void
}

type State =
  | 'head'
  | 'length-content'
  | 'until-close-content'
  | 'chunk-size'
  | 'chunk-extension'
  | 'chunk-line-feed'
  | 'chunk-content'
  | 'chunk-end'
  | 'chunk-end-line-feed'
  | 'trailer-start'
  | 'trailer'
  | 'trailer-line-feed'
  | 'last-line-feed'
  | 'ended'

/**
 * A push parser for the replies of one HTTP/1.1 connection (RFC 9112), one at a time. Informational replies, chunk
 * extensions and trailers are read over. Pushing throws a `MalformedResponseError` for what is no such reply.
 */
export class ResponseParser {
  /** Of the reply that is being read, as its head says: the connection may carry another request. */
  keepsAlive = false
  /** The same: how long it may wait for that; null: not said. */
  keepAliveSeconds: number | null = null
  #state: State = 'head'
  /** A head that came in part. */
  #headStart = ''
  /** Bytes that the chunk, or the body, still lacks. */
  #left = 0
  /** Of a chunk's first line, or of the trailers. */
  #lineBytes = 0

  /** The reply is complete. */
  get ended(): boolean {
    return this.#state === 'ended'
  }

  /** Makes ready for the next reply. */
  reset(): void {
    this.#state = 'head'
    this.#headStart = ''
    this.#left = 0
    this.#lineBytes = 0
  }

  /**
   * Reads `bytes` up to `end`, and no further than the reply goes; returns how far that was. Content of several chunks is
   * moved together inside `bytes`: 50 chunks of 230 bytes cost half of what 50 views cost, and who reads the body sees one part.
   */
  push(bytes: Buffer, end: number, sink: ResponseSink): number {
    let offset = 0
    while (this.#state === 'head') {
      offset = this.#readHead(bytes, offset, end, sink)
      if (offset === end) return offset
    }
    switch (this.#state) {
      case 'ended':
        return offset
      case 'length-content':
        return this.#readLength(bytes, offset, end, sink)
      case 'until-close-content':
        sink.onBody(bytes.subarray(offset, end))
        return end
      default:
        return this.#readChunks(bytes, offset, end, sink)
    }
  }

  /** The connection has ended. True: that is how the reply ends, too. */
  finish(): boolean {
    if (this.#state !== 'until-close-content') return false
    this.#state = 'ended'
    return true
  }

  /** Returns where the head ends, or `end` while it is incomplete. */
  #readHead(bytes: Buffer, offset: number, end: number, sink: ResponseSink): number {
    if (this.#headStart === '') {
      const headEnd = bytes.indexOf(HEAD_END, offset, 'latin1')
      if (headEnd >= 0 && headEnd + HEAD_END.length <= end) {
        this.#takeHead(bytes.toString('latin1', offset, headEnd), sink)
        return headEnd + HEAD_END.length
      }
    }
    const startBytes = this.#headStart.length
    const text = this.#headStart + bytes.toString('latin1', offset, Math.min(end, offset + HEAD_BYTES_MAX))
    const headEnd = text.indexOf(HEAD_END, Math.max(0, startBytes - HEAD_END.length))
    if (headEnd >= 0) {
      this.#headStart = ''
      this.#takeHead(text.slice(0, headEnd), sink)
      return offset + headEnd + HEAD_END.length - startBytes
    }
    if (!STATUS_LINE_START.startsWith(text.slice(0, STATUS_LINE_START.length))) {
      throw new MalformedResponseError('Expected the status line of an HTTP/1.1 reply')
    }
    if (text.length >= HEAD_BYTES_MAX) throw new MalformedResponseError('The headers of a reply are too long')
    this.#headStart = text
    return end
  }

  #takeHead(text: string, sink: ResponseSink): void {
    if (text.length > HEAD_BYTES_MAX) throw new MalformedResponseError('The headers of a reply are too long')
    const head = parseResponseHead(text)
    // Nobody asked for another protocol; other informational replies are followed by the real one.
    if (head.status === 101) throw new MalformedResponseError('A reply switches protocols')
    if (head.status < 200) return
    this.keepsAlive = head.keepsAlive
    this.keepAliveSeconds = head.keepAliveSeconds
    switch (head.framing.type) {
      case 'length':
        this.#left = head.framing.bytes
        this.#state = this.#left === 0 ? 'ended' : 'length-content'
        break
      case 'chunked':
        this.#state = 'chunk-size'
        break
      case 'until-close':
        this.#state = 'until-close-content'
        break
      default:
        head.framing satisfies never
    }
    sink.onHead(head)
  }

  #readLength(bytes: Buffer, offset: number, end: number, sink: ResponseSink): number {
    const taken = Math.min(this.#left, end - offset)
    this.#left -= taken
    if (this.#left === 0) this.#state = 'ended'
    sink.onBody(bytes.subarray(offset, offset + taken))
    return offset + taken
  }

  #readChunks(bytes: Buffer, start: number, end: number, sink: ResponseSink): number {
    let offset = start
    let contentStart = start
    let contentEnd = start
    try {
      while (offset < end && this.#state !== 'ended') {
        if (this.#state !== 'chunk-content') {
          offset = this.#readFraming(bytes, offset, end)
          continue
        }
        const taken = Math.min(this.#left, end - offset)
        if (contentEnd === contentStart) contentStart = contentEnd = offset
        else bytes.copyWithin(contentEnd, offset, offset + taken)
        contentEnd += taken
        offset += taken
        this.#left -= taken
        if (this.#left === 0) this.#state = 'chunk-end'
      }
    } finally {
      // Also where the chunk after it is malformed.
      if (contentEnd > contentStart) sink.onBody(bytes.subarray(contentStart, contentEnd))
    }
    return offset
  }

  /** Reads what stands between the contents of chunks; returns where content begins, or the reply or the bytes end. */
  #readFraming(bytes: Buffer, start: number, end: number): number {
    let offset = start
    while (offset < end) {
      const byte = bytes[offset] as number
      offset += 1
      switch (this.#state) {
        case 'chunk-end':
          expect(byte, CARRIAGE_RETURN)
          this.#state = 'chunk-end-line-feed'
          break
        case 'chunk-end-line-feed':
          expect(byte, LINE_FEED)
          this.#state = 'chunk-size'
          break
        case 'chunk-size':
          this.#readSize(byte)
          break
        case 'chunk-extension':
          this.#readOver(byte, CHUNK_LINE_BYTES_MAX, 'chunk-line-feed')
          break
        case 'chunk-line-feed':
          expect(byte, LINE_FEED)
          this.#lineBytes = 0
          if (this.#left > 0) {
            this.#state = 'chunk-content'
            return offset
          }
          this.#state = 'trailer-start'
          break
        case 'trailer-start':
          this.#state = 'trailer'
          this.#readOver(byte, HEAD_BYTES_MAX, 'last-line-feed')
          break
        case 'trailer':
          this.#readOver(byte, HEAD_BYTES_MAX, 'trailer-line-feed')
          break
        case 'trailer-line-feed':
          expect(byte, LINE_FEED)
          this.#state = 'trailer-start'
          break
        case 'last-line-feed':
          expect(byte, LINE_FEED)
          this.#state = 'ended'
          return offset
        default:
          throw new Error(`no framing in state ${this.#state}`)
      }
    }
    return offset
  }

  #readSize(byte: number): void {
    const digit = toHexDigit(byte)
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit
      this.#lineBytes += 1
      if (this.#left > CHUNK_BYTES_MAX || this.#lineBytes > CHUNK_LINE_BYTES_MAX) {
        throw new MalformedResponseError('A chunk of a reply is too long')
      }
      return
    }
    if (this.#lineBytes === 0) throw new MalformedResponseError('Expected the size of a chunk')
    if (byte === CARRIAGE_RETURN) this.#state = 'chunk-line-feed'
    else if (byte === SEMICOLON || byte === SPACE || byte === TAB) this.#state = 'chunk-extension'
    else throw new MalformedResponseError('Expected the size of a chunk')
  }

  #readOver(byte: number, bytesMax: number, next: State): void {
    this.#lineBytes += 1
    if (byte === CARRIAGE_RETURN) this.#state = next
    else if (byte === LINE_FEED || this.#lineBytes > bytesMax) {
      throw new MalformedResponseError('An extension or a trailer of a reply is too long or has no end')
    }
  }
}

function expect(byte: number, expected: number): void {
  if (byte !== expected) throw new MalformedResponseError('Expected the end of a line around a chunk')
}

/** -1: none. */
function toHexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
