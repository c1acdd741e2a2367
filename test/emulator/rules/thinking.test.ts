import { createReasoningSigner, reasoningSignature } from '../reasoning-signer.js'
import {
  assistant,
  byModel,
  CLAUDE,
  GPT_OSS,
  hello,
  NOVA_2_LITE,
  testRules,
  toolConfig,
  toolResult,
  toolUse,
  user,
} from './rule-cases.js'

const budget = (tokens: number, more: object = {}) => ({
  additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: tokens }, ...more },
})
const adaptive = { additionalModelRequestFields: { thinking: { type: 'adaptive' } } }
const { sonnet37, sonnet45, sonnet46, opus47 } = CLAUDE

testRules('thinking', [
  {
    name: 'a budget under 1024',
    modelId: sonnet45,
    body: budget(1023),
    message: byModel('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024'),
  },
  { name: 'a budget of 1024', modelId: sonnet45, body: budget(1024), message: null },
  {
    name: 'max_tokens that do not exceed the budget',
    modelId: sonnet37,
    body: { ...budget(2048), inferenceConfig: { maxTokens: 2048 } },
    message: /`max_tokens` must be greater than `thinking.budget_tokens`/,
  },
  {
    name: 'max_tokens under the budget of interleaved thinking',
    modelId: sonnet45,
    body: {
      ...budget(4096, { anthropic_beta: ['interleaved-thinking-2025-05-14'] }),
      inferenceConfig: { maxTokens: 2048 },
    },
    message: null,
  },
  {
    name: 'a temperature other than 1',
    modelId: sonnet45,
    body: { ...budget(1024), inferenceConfig: { temperature: 0.5 } },
    message: /`temperature` may only be set to 1 when thinking is enabled/,
  },
  {
    name: 'a temperature of 1',
    modelId: sonnet45,
    body: { ...budget(1024), inferenceConfig: { temperature: 1 } },
    message: null,
  },
  {
    name: 'top_p under 0.95',
    modelId: sonnet46,
    body: { ...adaptive, inferenceConfig: { topP: 0.9 } },
    message: /`top_p` must be greater than or equal to 0.95 or unset/,
  },
  {
    name: 'top_k',
    modelId: sonnet45,
    body: budget(1024, { top_k: 5 }),
    message: /`top_k` must be unset when thinking is enabled/,
  },
  {
    name: 'a forced tool choice',
    modelId: sonnet45,
    body: { ...budget(1024), toolConfig: { ...toolConfig, toolChoice: { any: {} } } },
    message: byModel('Thinking may not be enabled when tool_choice forces tool use.'),
  },
  {
    name: 'a budget on an adaptive-only model',
    modelId: opus47,
    body: budget(1024),
    message: byModel(
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    ),
  },
  {
    name: 'adaptive thinking on a model of before 4.6',
    modelId: sonnet45,
    body: adaptive,
    message: byModel('adaptive thinking is not supported on this model'),
  },
  { name: 'either way of thinking', modelId: sonnet46, body: budget(1024), message: null },
  { name: 'adaptive thinking', modelId: opus47, body: adaptive, message: null },
  {
    name: 'thinking on a model of before 3.7',
    modelId: CLAUDE.haiku3,
    body: budget(1024),
    message: byModel("'claude-3-haiku-20240307' does not support thinking."),
  },
])

const signed = (text: string) => ({
  reasoningContent: { reasoningText: { text, signature: reasoningSignature(text) } },
})
const round = (...opening: unknown[]) => ({
  messages: [user(hello), assistant(...opening, toolUse('a')), user(toolResult('a'))],
  toolConfig,
})

testRules('an open tool round', [
  {
    name: 'without its thoughts',
    modelId: sonnet45,
    body: { ...budget(1024), ...round() },
    message:
      /messages\.1\.content\.0\.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`/,
  },
  {
    name: 'that begins with text',
    modelId: sonnet45,
    body: { ...budget(1024), ...round({ text: 'I look.' }) },
    message: /messages\.1\.content\.0\.type: .* but found `text`/,
  },
  {
    name: 'that begins with its thoughts',
    modelId: sonnet45,
    body: { ...budget(1024), ...round(signed('Hm')) },
    message: null,
  },
  {
    name: 'that begins with redacted thoughts',
    modelId: sonnet45,
    body: { ...budget(1024), ...round({ reasoningContent: { redactedContent: 'AAAA' } }) },
    message: null,
  },
  { name: 'without thoughts, thinking off', modelId: sonnet45, body: round(), message: null },
  {
    name: 'without thoughts, thinking adaptively',
    modelId: sonnet46,
    body: { ...adaptive, ...round() },
    message: null,
  },
  {
    name: 'whose second step has no thoughts',
    modelId: sonnet45,
    body: {
      ...budget(1024),
      toolConfig,
      messages: [
        user(hello),
        assistant(signed('Hm'), toolUse('a')),
        user(toolResult('a')),
        assistant(toolUse('b')),
        user(toolResult('b')),
      ],
    },
    message: null,
  },
  {
    name: 'that is closed',
    modelId: sonnet45,
    body: {
      ...budget(1024),
      toolConfig,
      messages: [...round().messages, assistant({ text: 'Done' }), user(hello)],
    },
    message: null,
  },
])

const signer = createReasoningSigner()
const given = { reasoningContent: { reasoningText: { text: 'Given', signature: 'by a script' } } }
signer.sign(given)
const history = (block: unknown) => ({ messages: [user(hello), assistant(block, hello), user(hello)] })
const thought = (text: string, signature?: string) => ({
  reasoningContent: { reasoningText: signature === undefined ? { text } : { text, signature } },
})

testRules('reasoning in the history', [
  {
    name: 'with the signature of another text',
    modelId: sonnet45,
    facts: { signer },
    body: history(thought('Changed', reasoningSignature('Original'))),
    message: byModel('messages.1.content.0: Invalid `signature` in `thinking` block'),
  },
  {
    name: 'as it was signed',
    modelId: sonnet45,
    facts: { signer },
    body: history(signed('Hm')),
    message: null,
  },
  {
    name: 'as a script signed it',
    modelId: sonnet45,
    facts: { signer },
    body: history(given),
    message: null,
  },
  {
    name: 'without a signature',
    modelId: sonnet45,
    body: history(thought('Hm')),
    message: byModel('messages.1.content.0.thinking.signature: Field required'),
  },
  {
    name: 'with an empty signature',
    modelId: sonnet45,
    body: history(thought('Hm', '')),
    message: byModel('messages.1.content.0.thinking.signature: Field required'),
  },
  {
    name: 'with a signature, on a model that signs nothing',
    modelId: GPT_OSS,
    body: history(signed('Hm')),
    message:
      "This model doesn't support the reasoningContent.reasoningText.signature field. Remove reasoningContent.reasoningText.signature and try again.",
  },
  { name: 'without a signature', modelId: GPT_OSS, body: history(thought('Hm')), message: null },
  {
    name: 'of any kind',
    modelId: NOVA_2_LITE,
    body: history(thought('Hm')),
    message:
      'User messages cannot contain reasoning content. Please remove the reasoning content and try again.',
  },
])
