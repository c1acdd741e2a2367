import type { LoadResult } from './load.js'
import type { Bench, Times } from './measurement.js'

/** Runs a load, and `beside` from the beginning of its window on: when that is only the load knows, where it waits for streams. */
export async function loadWith<Beside>(
  bench: Bench,
  { load, times }: { readonly load: Parameters<Bench['load']>[0]; readonly times: Times },
  beside: (times: Times) => Promise<Beside>,
): Promise<readonly [LoadResult, Beside]> {
  let onWindow = (): void => {}
  const begun = new Promise<void>((resolve) => {
    onWindow = resolve
  })
  return Promise.all([
    bench.load(load, times, onWindow),
    begun.then(() => beside({ warmupMs: 0, windowMs: times.windowMs })),
  ])
}
