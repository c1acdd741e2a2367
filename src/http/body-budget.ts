/** Memory for the request bodies of all listeners together, from their first byte until they were read and understood. */
export interface BodyBudget {
  bytes: number
  readonly bytesMax: number
  /** Memory made for what clients have announced and not sent to the end yet (`MemoryAhead`). */
  aheadBytes: number
}
