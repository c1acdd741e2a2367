import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const SELF = fileURLToPath(import.meta.url)

export interface PicturesOrder {
  readonly url: string
  /** Of `POST /v1/images/generations`. */
  readonly body: string
  /** Requests at once. */
  readonly count: number
}

/** What came for each request. */
export interface PictureReply {
  readonly status: number
  readonly bytes: number
}

/** Asks for pictures in a process of its own, so that reading them delays nothing that is timed here. */
export async function askForPictures(order: PicturesOrder): Promise<readonly PictureReply[]> {
  const child = fork(SELF, [JSON.stringify(order)])
  const exited = once(child, 'exit')
  const [replies] = (await Promise.race([once(child, 'message'), exited.then(() => [[]])])) as [
    readonly PictureReply[],
  ]
  await exited
  return replies
}

async function ask({ url, body }: PicturesOrder): Promise<PictureReply> {
  const headers = { 'content-type': 'application/json' }
  const reply = await fetch(`${url}/v1/images/generations`, { method: 'POST', headers, body })
  let bytes = 0
  for await (const chunk of reply.body ?? []) bytes += (chunk as Uint8Array).length
  return { status: reply.status, bytes }
}

async function main(order: PicturesOrder): Promise<void> {
  const replies = await Promise.all(Array.from({ length: order.count }, () => ask(order)))
  process.send?.(replies, () => process.disconnect())
}

const [, script, order] = process.argv
if (script === SELF && order !== undefined) await main(JSON.parse(order) as PicturesOrder)
