import { type TakenParameter, takeOutOf } from './take-outs.js'
import type { ConverseRequest } from './types.js'

/** What a refusal teaches. */
export interface Lesson {
  /** In a client's words (`top_p`), or the name of a field of the model's own. */
  readonly parameter: string
  /** False: it is this request that does not go together; the next one may carry the parameter. */
  readonly lasting: boolean
}

interface Rule {
  readonly pattern: RegExp
  /** Null: the first group of the pattern names a field of the request. */
  readonly parameter: TakenParameter | null
  readonly lasting: boolean
}

/**
 * Bedrock's words for a parameter that a model does not take; the first rule that fits counts. Not here: refusals of tools,
 * images and documents, since an answer that never saw them would be worse than the refusal.
 */
const RULES: readonly Rule[] = [
  // bedrock-facts C6; BoltAI/BoltAI#399.
  {
    pattern: /temperature.{1,9}top_p.{0,3}cannot both be specified/,
    parameter: 'temperature_and_top_p',
    lasting: true,
  },
  // opensearch-project/agent-health#299, promptfoo/promptfoo#10307.
  {
    pattern: /`?\b(temperature|top_p|top_k)\b`? is deprecated for this model/,
    parameter: null,
    lasting: true,
  },
  // Aider-AI/aider#3720: while it thinks.
  {
    pattern: /`?temperature`? may only be set to 1 when thinking/,
    parameter: 'temperature',
    lasting: false,
  },
  // strands-agents/sdk-typescript#798: the client wants its tool called, thinking is how.
  {
    pattern: /Thinking may not be enabled when tool_choice forces tool use/,
    parameter: 'reasoning_effort',
    lasting: false,
  },
  // anomalyco/opencode#3077: thoughts of the open tool round are missing.
  {
    pattern: /Expected `?thinking`? or `?redacted_thinking`?, but found/,
    parameter: 'reasoning_effort',
    lasting: false,
  },
  // openclaw/openclaw#88020: thoughts that the client changed, or that another model had (anthropics/anthropic-sdk-python#1598).
  {
    pattern: /Invalid `?signature`? in `?thinking`? block/,
    parameter: 'reasoning_details',
    lasting: false,
  },
  // earendil-works/pi#7081.
  {
    pattern: /thinking\.type\.enabled"? is not supported for this model/,
    parameter: 'thinking.budget_tokens',
    lasting: true,
  },
  // strands-agents/harness-sdk#1856.
  {
    pattern: /thinking: Input tag '\w+' found using 'type' does not match/,
    parameter: 'reasoning_effort',
    lasting: true,
  },
  // anthropics/claude-code#30795.
  { pattern: /does not support the effort parameter/, parameter: 'effort', lasting: true },

  // BerriAI/litellm#39210 (403), zeroclaw-labs/zeroclaw#7312 (400), posit-dev/positron#12142 (with a comma).
  {
    pattern: /unsupported model,? or your request did not allow prompt caching/,
    parameter: 'cache_control',
    lasting: true,
  },
  // NousResearch/hermes-agent#97281 (Nova), earendil-works/pi#2053.
  {
    pattern: /#\/toolConfig\/tools\S*: extraneous key \[cachePoint\]/,
    parameter: 'cache_control.tools',
    lasting: true,
  },
  {
    pattern: /#\/system\S*: extraneous key \[cachePoint\]/,
    parameter: 'cache_control.system',
    lasting: true,
  },
  {
    pattern: /#\/messages\S*: extraneous key \[cachePoint\]/,
    parameter: 'cache_control.messages',
    lasting: true,
  },
  // earendil-works/pi#1570: Nova, and Claude before 4.5.
  {
    pattern: /Extended TTL prompt caching is only supported/,
    parameter: 'cache_control.ttl',
    lasting: true,
  },
  {
    pattern: /cache_control(?:\.ephemeral)?\.ttl: Extra inputs are not permitted/,
    parameter: 'cache_control.ttl',
    lasting: true,
  },
  // Portkey-AI/gateway#1762.
  { pattern: /cache_control block must not come after/, parameter: 'cache_control.ttl', lasting: false },
  // boto/boto3#4626: together with optimised latency.
  {
    pattern: /cache_control: Extra inputs are not permitted/,
    parameter: 'cache_control',
    lasting: false,
  },
  // 0xPlaygrounds/rig#1673, vercel/ai#19851, opencode-claude-auth#121.
  { pattern: /Cache point cannot be inserted after/, parameter: 'cache_control', lasting: false },
  { pattern: /There is nothing available to cache/, parameter: 'cache_control', lasting: false },
  { pattern: /maximum of \d+ blocks with cache_control/, parameter: 'cache_control', lasting: false },

  // Depends on the region and on how the model is named: aws-samples and others, on amazon.nova-pro without a profile.
  {
    pattern: /Latency performance configuration is not supported/,
    parameter: 'latency',
    lasting: false,
  },
  // NousResearch/hermes-agent#34476, envoyproxy/ai-gateway#1749: the account has none for this model.
  { pattern: /Reservation not found/, parameter: 'service_tier', lasting: false },
  { pattern: /service tier provided is invalid/, parameter: 'service_tier', lasting: false },

  // aws-samples/bedrock-access-gateway#41, vercel/ai#2772: without a limit the model's own holds.
  {
    pattern: /maximum tokens you requested exceeds? the model limit/,
    parameter: 'max_tokens',
    lasting: false,
  },

  // BerriAI/litellm#39115: not this model, but this schema under `strict`.
  {
    pattern: /tools\.\d+\.custom: For '\w+' type, property '\w+' is not supported/,
    parameter: 'strict',
    lasting: false,
  },
  // earendil-works/pi#3739. Not a member of the body: the whole reply is asked for instead.
  {
    pattern: /doesn't support tool use in streaming mode/,
    parameter: 'streaming_tools',
    lasting: true,
  },
  // Mintplex-Labs/anything-llm#2486, 567-labs/instructor#1753.
  { pattern: /doesn't support system messages/, parameter: 'system', lasting: true },

  // langgenius/dify-official-plugins#1767 (stopSequences), strands-agents/harness-sdk#1241 (toolConfig.toolChoice.any) and
  // #393 (status), earendil-works/pi#686 (reasoningContent.reasoningText.signature), sample-kolya-br-proxy#104 (temperature).
  { pattern: /This model doesn't support the ([\w.]+) field/, parameter: null, lasting: true },
  // BerriAI/litellm#31582 (tools.0.custom.strict), anthropics/claude-code-action#1005 (output_config.effort),
  // vectorize-io/hindsight#3300 (output_config.format).
  { pattern: /(?:^|\s)([\w.]+): Extra inputs are not permitted/, parameter: null, lasting: true },
  // BerriAI/litellm#9128. Only members of the request itself: in messages it is content that is refused (recording 874).
  {
    pattern: /#(?:\/inferenceConfig)?: extraneous key \[(\w+)\] is not permitted/,
    parameter: null,
    lasting: true,
  },
  // anomalyco/opencode#48195.
  { pattern: /Unknown parameter: '(\w+)'/, parameter: null, lasting: true },
]

/**
 * What depends on the region, on the account and on the value: one refused tier says nothing of the others. Whoever finds these
 * in a request tries again each time.
 */
const MOMENTARY: ReadonlySet<string> = new Set([
  'latency',
  'service_tier',
  'max_tokens',
] satisfies TakenParameter[])

/** The parameter that a field of a request belongs to, by the ways in which Bedrock and its models write its path. */
const FIELDS: readonly (readonly [RegExp, TakenParameter])[] = [
  [/^temperature$/, 'temperature'],
  [/^top_?p$/i, 'top_p'],
  [/^top_?k$/i, 'top_k'],
  [/^stop(?:_?sequences)?$/i, 'stop'],
  [/^(?:toolConfig\.)?tool_?choice\b/i, 'tool_choice'],
  [/^(?:tools\.\d+\.custom|(?:toolConfig\.tools\.)?toolSpec)\.strict$/, 'strict'],
  [/^(?:toolResult\.)?status$/, 'tool_result.status'],
  [/(?:^|\.)cachePoint\.ttl$/, 'cache_control.ttl'],
  [/(?:^|\.)cachePoint$/, 'cache_control'],
  [/^service_?tier\b/i, 'service_tier'],
  [/^performanceConfig\b/, 'latency'],
  [/^output_?config\.(?:format|textFormat)\b/i, 'response_format'],
  [/^output_?config\.effort$/i, 'effort'],
  [/^outputConfig$/, 'response_format'],
  [/^thinking\.(?:\w+\.)?display$/, 'thinking.display'],
  [/^(?:thinking|reasoning|reasoning_?config|reasoning_effort)\b/i, 'reasoning_effort'],
  [/reasoningText\.signature$/, 'reasoning_details.signature'],
  [/^system$/, 'system'],
]

/** A member of the request itself; what has a longer path is part of something else. */
const PLAIN_FIELD = /^\w{1,64}$/

/** What teaches is short; longer messages repeat the request, and no pattern shall run over all of that. */
const MESSAGE_CHARACTERS_MAX = 4096

/** What Bedrock's words teach, if they are about a parameter; null: nothing that could be left out. */
export function lessonOf(message: string): Lesson | null {
  if (message.length > MESSAGE_CHARACTERS_MAX || repeatsRequest(message)) return null
  for (const { pattern, parameter, lasting } of RULES) {
    const found = pattern.exec(message)
    if (found === null) continue
    if (parameter !== null) return { parameter, lasting }
    const field = found[1] ?? ''
    const named = parameterOf(field)
    return named === null ? null : { parameter: named, lasting: lasting && isOfModel(named, field) }
  }
  return null
}

/** The service refuses a member by its length or form with the client's own text in front, which could say anything. */
function repeatsRequest(message: string): boolean {
  return message.includes("Value '") && message.includes("' at '")
}

/** Whether a refusal is about the model, not about this request. A part of a wish to think is not all thinking. */
function isOfModel(parameter: string, field: string): boolean {
  return !MOMENTARY.has(parameter) && !(parameter === 'reasoning_effort' && field.includes('.'))
}

function parameterOf(field: string): string | null {
  const known = FIELDS.find(([pattern]) => pattern.test(field))?.[1]
  if (known !== undefined) return known
  return PLAIN_FIELD.test(field) ? field : null
}

/** The same request without this parameter; null: it is not in there. */
export function withoutParameter(body: ConverseRequest, parameter: string): ConverseRequest | null {
  return takeOutOf(parameter).takeOut(body)
}
