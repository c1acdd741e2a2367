import { GatewayError } from '../errors.js'

/** What an image request says in members of its own, a chat says in its messages. */
const SAID_IN_MESSAGES = /^(?:prompt|image|mask)(?:\[|$)/

/** Where a link can't be made there is the other way. */
const LINK_ADVICE = /ask for b64_json/
const CHAT_ADVICE = 'ask for image_output "images"'

/** The failure of an image request in the words of a chat. Anything else comes back as it is. */
export function toImageChatError(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error
  const { param, message } = error
  if (LINK_ADVICE.test(message)) {
    return reworded(error, message.replace(LINK_ADVICE, CHAT_ADVICE), param === null ? null : 'image_output')
  }
  if (param === null || !SAID_IN_MESSAGES.test(param)) return error
  return reworded(error, message.startsWith(param) ? `messages: ${message}` : message, 'messages')
}

function reworded(cause: GatewayError, message: string, param: string | null): GatewayError {
  const { code, upstream } = cause
  return new GatewayError(code, message, { param, cause, ...(upstream === null ? {} : { upstream }) })
}
