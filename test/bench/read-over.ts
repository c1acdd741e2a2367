import { setTimeout as sleep } from 'node:timers/promises'

/** Before the end of the window: afterwards all connections close at once, which is not what is measured. */
const EARLY_MS = 100

/** Reads something that starts anew each time it is read: at the end of the warm-up and of the window. The second is returned. */
export async function readOver<Reading>(
  read: () => Promise<Reading>,
  { warmupMs, windowMs }: { readonly warmupMs: number; readonly windowMs: number },
): Promise<Reading> {
  await sleep(warmupMs)
  await read()
  await sleep(windowMs - EARLY_MS)
  return read()
}
