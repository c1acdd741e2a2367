const LINE_FEED = 10
const CRLF_BYTES = 2

/** HTTP/1.1's chunked coding, undone part by part: no trailers, no extensions. */
export class ChunkedBody {
  /** The last chunk came. */
  ended = false
  /** Content of the current chunk still to come. */
  #contentLeft = 0
  /** Of a chunk's size line, what has come of it. */
  #line = ''
  /** Of the line end after a chunk's content. */
  #skip = 0
  #lastChunk = false
  readonly #onContent: (content: Buffer) => void

  constructor(onContent: (content: Buffer) => void) {
    this.#onContent = onContent
  }

  push(part: Buffer): void {
    let at = 0
    while (at < part.length) {
      if (this.#contentLeft > 0) at = this.#takeContent(part, at)
      else if (this.#skip > 0) at = this.#skipLineEnd(part, at)
      else at = this.#takeLine(part, at)
    }
  }

  #takeContent(part: Buffer, at: number): number {
    const end = Math.min(part.length, at + this.#contentLeft)
    this.#contentLeft -= end - at
    this.#onContent(part.subarray(at, end))
    if (this.#contentLeft === 0) this.#skip = CRLF_BYTES
    return end
  }

  #skipLineEnd(part: Buffer, at: number): number {
    const end = Math.min(part.length, at + this.#skip)
    this.#skip -= end - at
    if (this.#skip === 0 && this.#lastChunk) this.ended = true
    return end
  }

  #takeLine(part: Buffer, at: number): number {
    const end = part.indexOf(LINE_FEED, at)
    this.#line += part.toString('latin1', at, end < 0 ? part.length : end)
    if (end < 0) return part.length
    this.#contentLeft = Number.parseInt(this.#line, 16)
    this.#line = ''
    if (this.#contentLeft === 0) {
      this.#lastChunk = true
      this.#skip = CRLF_BYTES
    }
    return end + 1
  }
}
