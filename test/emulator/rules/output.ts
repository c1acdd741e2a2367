import { member } from '../converse-request.js'
import { claudeVersion } from '../model-traits.js'
import { validationError } from '../wire-error.js'
import { modelError, type Rule, unsupportedField } from './rule.js'

// Recorded with it: Claude 4.5 and 4.6, Gemma 3, MiniMax, Mistral Large 3, NVIDIA, Qwen, Z.AI (recordings 709 to 727).
// Without: what Converse's table of features leaves out, older Claude included.
const WITHOUT_STRUCTURED_OUTPUT =
  /amazon\.|meta\.|cohere\.|ai21\.|deepseek\.r1|mistral\.mistral-large-24|writer\./

/** `outputConfig.textFormat`: who has it, and the schemas that Claude takes. */
export const checkStructuredOutput: Rule = ({ request, modelId }) => {
  const format = member(request.outputConfig, 'textFormat')
  if (format === undefined) return
  const version = claudeVersion(modelId)
  // MattJColes/lgtmaybe#536 quotes the beginning.
  if (WITHOUT_STRUCTURED_OUTPUT.test(modelId) || (version !== null && version < 4005)) {
    throw unsupportedField('outputConfig.textFormat')
  }
  const schema = parseSchema(member(member(member(format, 'structure'), 'jsonSchema'), 'schema'))
  if (version !== null) checkClosedObjects(schema)
}

// Shape JsonSchemaDefinition: `schema` is JSON text. What Bedrock says of other text was never quoted.
function parseSchema(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    throw modelError('output_config.format.schema: Input should be a valid dictionary')
  }
}

// future-agi/future-agi#412: in every object of the schema, however deep.
function checkClosedObjects(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return
  if (member(schema, 'type') === 'object' && member(schema, 'additionalProperties') !== false) {
    throw modelError(
      "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    )
  }
  for (const [name, part] of Object.entries(schema)) if (!VALUES.includes(name)) checkClosedObjects(part)
}

/** Keywords whose objects are values, not schemas (JSON Schema, Validation §6.1 and §9). */
const VALUES: readonly string[] = ['enum', 'const', 'default', 'examples']

/** NousResearch/hermes-agent#34476: `reserved` needs a reservation, which the emulated account has not. */
export const checkServiceTier: Rule = ({ request }) => {
  if (member(request.serviceTier, 'type') === 'reserved') throw validationError('Reservation not found.')
}
