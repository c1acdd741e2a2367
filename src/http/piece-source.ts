/** How much is handed to uWebSockets.js at once: the loop is held for the time that the kernel needs to copy it (0.1 ms). */
export const PIECE_BYTES = 256 * 1024
/**
 * What uWebSockets.js gathers in a cork, and then keeps where the socket does not take it. So a last piece is larger: a
 * reply that counts as sent while its end still waits there would be cut by the library's own 10 s.
 */
export const CORK_BYTES = 16 * 1024

/** A reply's body, given piece by piece. */
export interface PieceSource {
  readonly bytesTotal: number
  /**
   * The next piece; asked for only when the one before has been sent, so that its memory may be used again. Not called
   * after the last. Rejects where the rest can't be had.
   */
  next(): Uint8Array | Promise<Uint8Array>
  /** Lets go of everything; called once, sent to the end or not. */
  close(): void
}

/** The size of the next piece where `bytesLeft` are to be sent: the last one is never small after others. */
export function pieceLength(bytesLeft: number): number {
  return bytesLeft <= PIECE_BYTES + 2 * CORK_BYTES ? bytesLeft : PIECE_BYTES
}
