import { type TakeOutResult, type TakeOutTask, takeOut } from '../src/aws/take-out-task.js'
import { encodeBody, moveBody } from './move-body.js'

/** Takes a parameter out of a large body, and hashes what is left: both would hold the event loop. */
export function takeOutParameter(task: TakeOutTask): TakeOutResult {
  const text = takeOut(task)
  if (text === null) return null
  const encoded = encodeBody(text)
  return moveBody(encoded, encoded.body)
}
