import { withoutParameter } from '../bedrock/lessons.js'
import type { ConverseRequest } from '../bedrock/types.js'
import type { BedrockRequest } from './bedrock-client.js'

/** A body as it was sent, and what it shall be sent without. */
export interface TakeOutTask {
  readonly body: Uint8Array | string
  readonly parameter: string
}

/** Null: the body does not hold the parameter. */
export type TakeOutResult = Pick<BedrockRequest, 'body' | 'payloadHash'> | null

/** The body without the parameter, as JSON text; null: it does not hold it. */
export function takeOut({ body, parameter }: TakeOutTask): string | null {
  const text =
    typeof body === 'string'
      ? body
      : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  // Written by this gateway a moment ago.
  const without = withoutParameter(JSON.parse(text) as ConverseRequest, parameter)
  return without === null ? null : JSON.stringify(without)
}
