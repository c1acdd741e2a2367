/** Memory for the request bodies of all listeners together, from their first byte until they were read and understood. */
export interface BodyBudget {
  bytes: number
  readonly bytesMax: number
}
