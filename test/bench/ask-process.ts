import type { ChildProcess } from 'node:child_process'

/** What a process may say before its answer. */
export const WINDOW_BEGINS = 'window begins'

/** Sends a message to a process that answers each one; rejects where it ends instead. `onWindow`: it said `WINDOW_BEGINS`. */
export function askProcess<Reply>(
  child: ChildProcess,
  message: object,
  onWindow: () => void = () => {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('a process of the load side ended'))
    child.once('exit', onExit)
    const onMessage = (reply: unknown): void => {
      if (reply === WINDOW_BEGINS) {
        onWindow()
        return
      }
      child.off('exit', onExit)
      child.off('message', onMessage)
      resolve(reply as Reply)
    }
    child.on('message', onMessage)
    child.send(message)
  })
}
