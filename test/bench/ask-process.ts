import type { ChildProcess } from 'node:child_process'

/** Sends a message to a process that answers each one; rejects where it ends instead. */
export function askProcess<Reply>(child: ChildProcess, message: object): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('a process of the load side ended'))
    child.once('exit', onExit)
    child.once('message', (reply) => {
      child.off('exit', onExit)
      resolve(reply as Reply)
    })
    child.send(message)
  })
}
