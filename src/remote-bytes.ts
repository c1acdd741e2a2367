/**
 * Bytes that stay in a worker's memory until they are sent: whoever has these has none of them. Each is read once, in
 * order; with the last of all the memory is free.
 */
export interface RemoteBytes {
  readonly length: number
  /** Some of them. */
  subarray(start: number, end: number): RemoteBytes
  /** Fills `into`, which is shared memory, from the first on; it is at most as long. Rejects with a `GatewayError` where they are gone. */
  read(into: Uint8Array): Promise<void>
}

export type Bytes = Uint8Array | RemoteBytes

/** What is sent one after the other. */
export type Parts = readonly (Bytes | string)[]
