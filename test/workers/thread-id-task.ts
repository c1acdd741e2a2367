import { threadId } from 'node:worker_threads'

/** A control task that says which thread it runs in. */
// biome-ignore lint/style/noDefaultExport: Piscina calls the default export of an entry point.
export default async function tellThread(): Promise<number> {
  return threadId
}
