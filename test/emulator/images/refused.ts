import { type BedrockError, validationError } from '../wire-error.js'

/**
 * A 400 of Nova or Titan itself, after the body's form was fine. "All input validation errors are expressed as a
 * ValidationException which contains a message string describing the cause" (AWS Nova user guide, "Error handling"); the words
 * are in public only with this start (aws-samples/amazon-bedrock-workshop#265), what follows is ours.
 */
export function refused(cause: string): BedrockError {
  return validationError(`400 Bad Request: ${cause}`)
}
