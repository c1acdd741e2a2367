import { type Fields, isFields } from './fields.js'
import { isBlank } from './form-values.js'
import { withDefaults } from './with-defaults.js'

/** What may be set for the name of an image model, beside what one family has and goes into `extra_body`. */
const PARAMETERS: ReadonlySet<string> = new Set([
  'n',
  'size',
  'quality',
  'style',
  'background',
  'output_format',
  'output_compression',
  'seed',
  'negative_prompt',
  'guardrailConfig',
  'guardrail_config',
])
const NESTS = ['extra_body', 'additionalModelRequestFields', 'additional_model_request_fields'] as const

/**
 * An image request's members over those that hold where the client says nothing: of the parameters set for its model's name, which
 * are in the words of a chat, those that a picture has. Blank is nothing.
 */
export function withImageDefaults(body: Fields, defaults: Fields): Fields {
  const said = Object.entries(body).filter(([, value]) => !isBlank(value))
  const held = [
    ...NESTS.flatMap((nest) => membersOf(defaults[nest])),
    ...Object.entries(defaults).filter(([name]) => PARAMETERS.has(name)),
  ]
  return withDefaults(Object.fromEntries(said), Object.fromEntries(held))
}

function membersOf(value: unknown): readonly (readonly [name: string, value: unknown])[] {
  return isFields(value) ? Object.entries(value).filter(([, member]) => !isBlank(member)) : []
}
