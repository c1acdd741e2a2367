import { type Json, member } from '../converse-request.js'
import { claudeVersion } from '../model-traits.js'
import { modelError, type Rule, type RuleContext, unsupportedField } from './rule.js'

/** Sampling parameters that Claude refuses, alone or together. */
export const checkClaudeSampling: Rule = ({ request, modelId }) => {
  const version = claudeVersion(modelId)
  if (version === null) return
  const { temperature, topP } = request.inferenceConfig as { temperature?: unknown; topP?: unknown }
  const fields = request.additionalModelRequestFields
  if (version >= 4007) {
    // cline/cline#10572; a temperature of 1 passes beside adaptive thinking (logancyang/obsidian-copilot#2600).
    const thinks = member(fields['thinking'], 'type') === 'adaptive'
    if (temperature !== undefined && !(thinks && temperature === 1)) {
      throw modelError('`temperature` is deprecated for this model.')
    }
    // router-for-me/CLIProxyAPI#4383; top_k goes the same way (Anthropic's notes on Opus 4.7).
    if (topP !== undefined) throw modelError('`top_p` is deprecated for this model.')
    if (fields['top_k'] !== undefined) throw modelError('`top_k` is deprecated for this model.')
  }
  // bedrock-facts C6: measured for Opus, Sonnet and Haiku from 4.5 on.
  if (version >= 4005 && temperature !== undefined && topP !== undefined) {
    throw modelError(
      '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    )
  }
}

// langgenius/dify-official-plugins#1767 (Qwen), crewAIInc/crewAI#3317 and #4046 (gpt-oss and its safeguard),
// langchain-ai/langchain-aws#664 (DeepSeek V3.1).
const WITHOUT_STOP_SEQUENCES = /qwen\.|openai\.gpt-oss|deepseek\.v3/

/** Stop sequences for models without them. */
export const checkStopSequences: Rule = ({ request, modelId }) => {
  const stops = request.inferenceConfig['stopSequences']
  if (Array.isArray(stops) && WITHOUT_STOP_SEQUENCES.test(modelId)) throw unsupportedField('stopSequences')
}

/** `additionalModelRequestFields`, which each family reads in its own strict way. */
export const checkModelFields: Rule = (context) => {
  const { modelId } = context
  if (claudeVersion(modelId) !== null) checkClaudeFields(context)
  else if (modelId.startsWith('amazon.nova')) checkNovaFields(context)
  else if (modelId.startsWith('openai.gpt-oss')) checkGptOssFields(context)
}

// The members of Anthropic's Messages API that Converse has no word for.
const CLAUDE_FIELDS = [
  'anthropic_beta',
  'context_management',
  'output_config',
  'thinking',
  'tool_choice',
  'tools',
  'top_k',
]

function checkClaudeFields({ request, modelId }: RuleContext): void {
  const fields = request.additionalModelRequestFields
  const betas = JSON.stringify(fields['anthropic_beta'] ?? '')
  const extra = Object.keys(fields).find(
    (name) =>
      !CLAUDE_FIELDS.includes(name) ||
      // anthropics/claude-code#49548: without its beta this one is unknown too.
      (name === 'context_management' && !betas.includes('context-management')),
  )
  // BerriAI/litellm#13825 (guardrails), #13609 (reasoning).
  if (extra !== undefined) throw modelError(`${extra}: Extra inputs are not permitted`)
  // anthropics/claude-code#30795 (Sonnet 4.5). From 4.6 on, and Opus 4.5 with its beta (Anthropic's guide, "Effort").
  const version = claudeVersion(modelId) ?? 0
  const takesEffort = version >= 4006 || (/opus-4-5/.test(modelId) && betas.includes('effort'))
  if (member(fields['output_config'], 'effort') !== undefined && !takesEffort) {
    throw modelError('This model does not support the effort parameter.')
  }
}

const NOVA_EFFORTS: readonly unknown[] = ['low', 'medium', 'high']

function checkNovaFields({ request, modelId }: RuleContext): void {
  const fields = request.additionalModelRequestFields
  // UKGovernmentBEIS/inspect_ai#3939 (top_k); recordings 824 and 1002 carry inferenceConfig.topK.
  const extra = Object.keys(fields).find((name) => name !== 'inferenceConfig' && name !== 'reasoningConfig')
  if (extra !== undefined) throw malformed(`#: extraneous key [${extra}] is not permitted`)
  const inner = Object.keys(member({ inference: fields['inferenceConfig'] }, 'inference') ?? {})
  const innerExtra = inner.find((name) => name !== 'topK')
  if (innerExtra !== undefined) {
    throw malformed(`#/inferenceConfig: extraneous key [${innerExtra}] is not permitted`)
  }
  const reasoning = fields['reasoningConfig']
  if (reasoning !== undefined) checkNovaReasoning(modelId, reasoning, request.inferenceConfig)
}

function checkNovaReasoning(modelId: string, reasoning: unknown, inference: Json): void {
  const effort = member(reasoning, 'maxReasoningEffort')
  const type = member(reasoning, 'type')
  const isKnown =
    type === 'disabled' ? effort === undefined : type === 'enabled' && NOVA_EFFORTS.includes(effort)
  // High effort leaves no room for these (inspect_ai#3767, by an author at AWS; Nova 2 guide, "Extended thinking"). Nobody
  // quoted what Bedrock says to that: it gets the words for a configuration that does not fit.
  const isCramped =
    effort === 'high' && ['maxTokens', 'temperature', 'topP'].some((name) => inference[name] !== undefined)
  // UKGovernmentBEIS/inspect_ai#5301: Nova Pro, at any effort.
  if (!modelId.startsWith('amazon.nova-2') || !isKnown || isCramped) {
    throw malformed('the provided reasoning config value is invalid')
  }
}

function malformed(fault: string): ReturnType<typeof modelError> {
  return modelError(`Malformed input request: ${fault}, please reformat your input and try again.`)
}

const GPT_OSS_FIELDS =
  'messages, model, store, reasoning_effort, metadata, frequency_penalty, logit_bias, logprobs, top_logprobs, max_tokens, max_completion_tokens, n, modalities, prediction, audio, presence_penalty, response_format, seed, service_tier, stop, stream, stream_options, temperature, top_p, tools, tool_choice, parallel_tool_calls, user, function_call, functions'
const GPT_OSS_EFFORTS: readonly unknown[] = ['low', 'medium', 'high']

// BerriAI/litellm#13959. The values of reasoning_effort: AWS's model card, and recordings 818 and 821; the words for a
// wrong one are those that the same parser has for every enum (langchain-ai/langchain-aws#664).
function checkGptOssFields({ request }: RuleContext): void {
  const fields = request.additionalModelRequestFields
  const known = GPT_OSS_FIELDS.split(', ')
  const column = JSON.stringify(fields).length
  const extra = Object.keys(fields).find((name) => !known.includes(name))
  if (extra !== undefined) {
    throw undeserializable(`${extra}: unknown field ${extra}, expected one of ${GPT_OSS_FIELDS}`, column)
  }
  const effort = fields['reasoning_effort']
  if (effort !== undefined && !GPT_OSS_EFFORTS.includes(effort)) {
    throw undeserializable(
      `reasoning_effort: unknown variant \`${String(effort)}\`, expected one of \`low\`, \`medium\`, \`high\``,
      column,
    )
  }
}

function undeserializable(fault: string, column: number): ReturnType<typeof modelError> {
  return modelError(
    `Failed to deserialize the JSON body into the target type: ${fault} at line 1 column ${column}`,
  )
}
