import { byModel, CLAUDE, NOVA_LITE, testRules } from './rule-cases.js'

const textFormat = (schema: unknown) => ({
  outputConfig: {
    textFormat: {
      type: 'json_schema',
      structure: { jsonSchema: { schema: typeof schema === 'string' ? schema : JSON.stringify(schema) } },
    },
  },
})
const closed = { type: 'object', properties: {}, additionalProperties: false }
const unsupported =
  "This model doesn't support the outputConfig.textFormat field. Remove outputConfig.textFormat and try again."

testRules('outputConfig', [
  { name: 'a schema', modelId: CLAUDE.sonnet45, body: textFormat(closed), message: null },
  { name: 'a schema', modelId: 'qwen.qwen3-32b-v1:0', body: textFormat({ type: 'object' }), message: null },
  { name: 'a schema', modelId: NOVA_LITE, body: textFormat(closed), message: unsupported },
  { name: 'a schema', modelId: CLAUDE.sonnet37, body: textFormat(closed), message: unsupported },
  {
    name: 'a schema that is no JSON',
    modelId: CLAUDE.sonnet45,
    body: textFormat('{'),
    message: byModel('output_config.format.schema: Input should be a valid dictionary'),
  },
  {
    name: 'an open object deep in the schema',
    modelId: CLAUDE.sonnet45,
    body: textFormat({ ...closed, properties: { list: { type: 'array', items: { type: 'object' } } } }),
    message: byModel(
      "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ),
  },
])

testRules('serviceTier', [
  {
    name: 'a reservation that the account has not',
    modelId: NOVA_LITE,
    body: { serviceTier: { type: 'reserved' } },
    message: 'Reservation not found.',
  },
  { name: 'flex', modelId: NOVA_LITE, body: { serviceTier: { type: 'flex' } }, message: null },
])
