import type { RemoteBytes } from '../../src/remote-bytes.js'

/** Bytes that are given out later, as a worker does; reading past their order is a fault. */
export function toRemote(content: Uint8Array): RemoteBytes {
  let readTotal = 0
  const view = (start: number, end: number): RemoteBytes => ({
    length: end - start,
    subarray: (from, to) => view(start + from, Math.min(end, start + to)),
    async read(into) {
      if (start !== readTotal) throw new Error(`read at ${start} instead of ${readTotal}`)
      readTotal += into.length
      await new Promise(setImmediate)
      into.set(content.subarray(start, start + into.length))
    },
  })
  return view(0, content.length)
}
