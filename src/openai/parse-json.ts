import { GatewayError } from '../errors.js'
import { type Fields, isFields, parseName } from './fields.js'

/** The longest model id or ARN that Bedrock takes (service model, ConversationalModelId). */
const MODEL_CHARACTERS_MAX = 2048

/** Parses JSON text; throws `invalid_json` without repeating any of it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const where = /position (\d+)/.exec(error instanceof Error ? error.message : '')
    const position = where === null ? '' : ` (at position ${where[1]})`
    throw new GatewayError('invalid_json', `The request body is not valid JSON${position}.`)
  }
}

/** The body of every JSON route. */
export function requireObject(body: unknown): Fields {
  if (isFields(body)) return body
  throw new GatewayError('invalid_request', 'The request body must be a JSON object.')
}

/** Replies repeat the name in every chunk, so its length has a limit. */
export function parseModel(value: unknown, param: string): string {
  const model = parseName(value, param)
  if (model.length <= MODEL_CHARACTERS_MAX) return model
  throw new GatewayError(
    'invalid_request',
    `${param} must be at most ${MODEL_CHARACTERS_MAX} characters, got ${model.length}`,
    { param },
  )
}
