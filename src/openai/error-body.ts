import type { GatewayError } from '../errors.js'

/** The JSON body of an error reply, and of an error event in a stream (OpenAI's shape). */
export function toErrorBody(error: GatewayError): string {
  return JSON.stringify({
    error: { message: error.message, type: error.type, param: error.param, code: error.code },
  })
}
