import { byModel, CLAUDE, GPT_OSS, NOVA_2_LITE, NOVA_LITE, testRules } from './rule-cases.js'

const fields = (additionalModelRequestFields: object) => ({ additionalModelRequestFields })
const nova = (effort: string, type = 'enabled') =>
  fields({ reasoningConfig: { type, maxReasoningEffort: effort } })
const badReasoning = byModel(
  'Malformed input request: the provided reasoning config value is invalid, please reformat your input and try again.',
)

testRules('sampling', [
  {
    name: 'a temperature',
    modelId: CLAUDE.opus47,
    body: { inferenceConfig: { temperature: 1 } },
    message: byModel('`temperature` is deprecated for this model.'),
  },
  {
    name: 'a temperature of 1 beside adaptive thinking',
    modelId: CLAUDE.opus47,
    body: { inferenceConfig: { temperature: 1 }, ...fields({ thinking: { type: 'adaptive' } }) },
    message: null,
  },
  {
    name: 'top_p',
    modelId: CLAUDE.opus47,
    body: { inferenceConfig: { topP: 0.9 } },
    message: byModel('`top_p` is deprecated for this model.'),
  },
  {
    name: 'top_k',
    modelId: CLAUDE.opus47,
    body: fields({ top_k: 5 }),
    message: byModel('`top_k` is deprecated for this model.'),
  },
  {
    name: 'a temperature',
    modelId: CLAUDE.sonnet46,
    body: { inferenceConfig: { temperature: 0 } },
    message: null,
  },
  ...['qwen.qwen3-32b-v1:0', GPT_OSS].map((modelId) => ({
    name: 'a stop sequence',
    modelId,
    body: { inferenceConfig: { stopSequences: ['x'] } },
    message: "This model doesn't support the stopSequences field. Remove stopSequences and try again.",
  })),
])

testRules('fields of Claude', [
  {
    name: 'a field that it does not know',
    modelId: CLAUDE.sonnet45,
    body: fields({ reasoning: { effort: 'low' } }),
    message: byModel('reasoning: Extra inputs are not permitted'),
  },
  {
    name: 'context management without its beta',
    modelId: CLAUDE.sonnet45,
    body: fields({ context_management: {} }),
    message: byModel('context_management: Extra inputs are not permitted'),
  },
  {
    name: 'effort before 4.6',
    modelId: CLAUDE.sonnet45,
    body: fields({ output_config: { effort: 'low' } }),
    message: byModel('This model does not support the effort parameter.'),
  },
  {
    name: 'effort',
    modelId: CLAUDE.opus47,
    body: fields({ output_config: { effort: 'low' }, thinking: { type: 'adaptive' } }),
    message: null,
  },
  { name: 'top_k (recording 823)', modelId: CLAUDE.sonnet45, body: fields({ top_k: 20 }), message: null },
])

testRules('fields of Nova', [
  {
    name: 'top_k by the wrong name',
    modelId: NOVA_LITE,
    body: fields({ top_k: 20 }),
    message: byModel(
      'Malformed input request: #: extraneous key [top_k] is not permitted, please reformat your input and try again.',
    ),
  },
  {
    name: 'top_k by its own name (recording 824)',
    modelId: NOVA_LITE,
    body: fields({ inferenceConfig: { topK: 20 } }),
    message: null,
  },
  { name: 'reasoning on a model without', modelId: NOVA_LITE, body: nova('low'), message: badReasoning },
  { name: 'reasoning', modelId: NOVA_2_LITE, body: nova('medium'), message: null },
  { name: 'an effort that does not exist', modelId: NOVA_2_LITE, body: nova('max'), message: badReasoning },
  {
    name: 'high effort with a temperature',
    modelId: NOVA_2_LITE,
    body: { ...nova('high'), inferenceConfig: { temperature: 0.5 } },
    message: badReasoning,
  },
  {
    name: 'medium effort with maxTokens',
    modelId: NOVA_2_LITE,
    body: { ...nova('medium'), inferenceConfig: { maxTokens: 100 } },
    message: null,
  },
])

testRules('fields of gpt-oss', [
  {
    name: 'thinking in Claude’s words',
    modelId: GPT_OSS,
    body: fields({ thinking: { type: 'enabled' } }),
    message:
      /^The model returned the following errors: Failed to deserialize the JSON body into the target type: thinking: unknown field thinking, expected one of messages, model, store, reasoning_effort, .* at line 1 column \d+$/,
  },
  {
    name: 'an effort that does not exist',
    modelId: GPT_OSS,
    body: fields({ reasoning_effort: 'max' }),
    message: /reasoning_effort: unknown variant `max`, expected one of `low`, `medium`, `high`/,
  },
  { name: 'an effort', modelId: GPT_OSS, body: fields({ reasoning_effort: 'high' }), message: null },
])
