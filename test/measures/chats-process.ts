import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openChat } from './sse-reader.js'

const SELF = fileURLToPath(import.meta.url)

interface ChatsOrder {
  readonly url: string
  readonly body: string
  readonly count: number
}

export interface ChatsProcess {
  /** Text events of each chat that came to its proper end; shorter than the count where some did not. */
  readonly completeEvents: Promise<readonly number[]>
  close(): Promise<void>
}

/** Reads many chats in a process of its own, so that reading them delays nothing that is timed here. */
export function startChats(order: ChatsOrder): ChatsProcess {
  const child = fork(SELF, [JSON.stringify(order)])
  const exited = once(child, 'exit')
  const completeEvents = once(child, 'message').then(([events]) => events as readonly number[])
  completeEvents.catch(() => {})
  return {
    completeEvents,
    async close() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function main(order: ChatsOrder): Promise<void> {
  const chats = Array.from({ length: order.count }, () => openChat(order))
  const seen = await Promise.all(chats.map((chat) => chat.seen))
  process.send?.(seen.filter(({ complete }) => complete).map(({ arrivalsMs }) => arrivalsMs.length))
}

const [, script, order] = process.argv
if (script === SELF && order !== undefined) await main(JSON.parse(order) as ChatsOrder)
