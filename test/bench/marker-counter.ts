import { MARKER, STAMP_DIGITS } from './wire.js'

const FIRST_BYTE = MARKER.readUInt8(0)
const EMPTY = Buffer.alloc(0)

/** Counts the marker in a byte stream, however it is cut. */
export class MarkerCounter {
  /** Of the first event; NaN where its digits were cut off. */
  firstStampUs = Number.NaN
  /** The end of the part before, where a marker may have begun in it. */
  #tail: Buffer = EMPTY
  #first = true
  readonly #onStamp: ((stampUs: number) => void) | null

  /** `onStamp` hears the stamp of every event whose marker and digits lie in one part: nearly all do. */
  constructor(onStamp: ((stampUs: number) => void) | null = null) {
    this.#onStamp = onStamp
  }

  /** Markers that end in this part. */
  push(part: Buffer): number {
    let found = this.#endsAtSeam(part) ? 1 : 0
    let at = part.indexOf(MARKER)
    if (this.#first && (found > 0 || at >= 0)) this.#readStamp(part, found > 0 ? -1 : at)
    while (at >= 0) {
      found += 1
      if (this.#onStamp !== null) this.#hearStamp(part, at, this.#onStamp)
      at = part.indexOf(MARKER, at + MARKER.length)
    }
    this.#keepTail(part)
    return found
  }

  #endsAtSeam(part: Buffer): boolean {
    if (this.#tail.length === 0) return false
    return Buffer.concat([this.#tail, part.subarray(0, MARKER.length - 1)]).includes(MARKER)
  }

  /** -1: the first marker was cut, and its digits are not looked for. */
  #readStamp(part: Buffer, at: number): void {
    this.#first = false
    if (at >= 0) this.firstStampUs = stampAt(part, at)
  }

  #hearStamp(part: Buffer, at: number, onStamp: (stampUs: number) => void): void {
    const stampUs = stampAt(part, at)
    if (!Number.isNaN(stampUs)) onStamp(stampUs)
  }

  #keepTail(part: Buffer): void {
    const seen = part.length >= MARKER.length - 1 ? part : Buffer.concat([this.#tail, part])
    const begins = seen.indexOf(FIRST_BYTE, Math.max(0, seen.length - MARKER.length + 1))
    this.#tail = begins < 0 ? EMPTY : Buffer.from(seen.subarray(begins))
  }
}

/** The digits after the marker at `at`; NaN where they are cut. */
function stampAt(part: Buffer, at: number): number {
  const digits = part.toString('latin1', at + MARKER.length, at + MARKER.length + STAMP_DIGITS)
  return digits.length === STAMP_DIGITS ? Number(digits) : Number.NaN
}
