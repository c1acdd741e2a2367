import type { ModelKind } from '../catalog/types.js'
import type { ErrorCode } from '../errors.js'

/** What a client is told of one kind of failure. */
export interface Rule {
  readonly code: ErrorCode
  /** Seconds; Bedrock sends no Retry-After (bedrock-facts C2). */
  readonly retryAfterSeconds?: number
  /** The request field that is meant. */
  readonly param?: string
  /** What to change, as a sentence. */
  readonly hint?: string
  /** The same, where it is advice for chats only. */
  readonly chatHint?: string
}

/**
 * Bedrock's exceptions by name (bedrock-facts C2; in streams they come in lower camel case). The second half is not in the
 * service model: what the layers before it send, as recorded and as the user guide lists it ("Troubleshooting Amazon
 * Bedrock API Error Codes"). A refused signature or token is this daemon's own, not the client's key.
 */
export const NAME_RULES = {
  ValidationException: { code: 'invalid_request' },
  ServiceQuotaExceededException: {
    code: 'quota_exceeded',
    hint: "The account's quota is meant: AWS Service Quotas shows and raises it.",
  },
  ConflictException: { code: 'invalid_request' },
  AccessDeniedException: { code: 'access_denied' },
  ResourceNotFoundException: { code: 'model_not_found', param: 'model' },
  ModelTimeoutException: {
    code: 'upstream_timeout',
    chatHint: 'Stream the answer, or ask for fewer tokens.',
  },
  ModelErrorException: { code: 'upstream_error' },
  ModelStreamErrorException: { code: 'upstream_error' },
  ThrottlingException: { code: 'rate_limit_exceeded', retryAfterSeconds: 5 },
  ModelNotReadyException: { code: 'upstream_unavailable', retryAfterSeconds: 10 },
  InternalServerException: { code: 'upstream_error' },
  ServiceUnavailableException: { code: 'upstream_unavailable', retryAfterSeconds: 5 },

  UnknownOperationException: { code: 'upstream_error' },
  UnrecognizedClientException: { code: 'aws_credentials' },
  ExpiredTokenException: { code: 'aws_credentials' },
  InvalidSignatureException: {
    code: 'aws_credentials',
    hint: "If the signature is too old or too new, set the clock of the gateway's machine.",
  },
  IncompleteSignatureException: { code: 'aws_credentials' },
  MissingAuthenticationTokenException: { code: 'aws_credentials' },
  IncompleteSignature: { code: 'aws_credentials' },
  InvalidClientTokenId: { code: 'aws_credentials' },
  RequestExpired: { code: 'aws_credentials' },
  NotAuthorized: { code: 'access_denied' },
  OptInRequired: { code: 'access_denied' },
  FTUFormNotFilled: { code: 'access_denied', param: 'model' },
  MPAgreementBeingCreated: { code: 'access_denied', param: 'model' },
  InternalFailure: { code: 'upstream_error' },
  ServiceUnavailable: { code: 'upstream_unavailable', retryAfterSeconds: 5 },
} as const satisfies Record<string, Rule>

/**
 * Names of OpenAI's errors (their `code`, else their `type`), as the native endpoints use them (bedrock-facts C14). They
 * count inside a stream only: elsewhere the status says it, and says it better (`invalid_request_error` is the type of a
 * 400 and of a 404).
 */
export const OPENAI_NAME_RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['validation_error', NAME_RULES.ValidationException],
  ['invalid_request_error', NAME_RULES.ValidationException],
  ['context_length_exceeded', { code: 'context_length_exceeded', param: 'messages' }],
  ['model_not_found', NAME_RULES.ResourceNotFoundException],
  ['access_denied', NAME_RULES.AccessDeniedException],
  ['permission_error', NAME_RULES.AccessDeniedException],
  ['authentication_error', NAME_RULES.UnrecognizedClientException],
  ['rate_limit_exceeded', NAME_RULES.ThrottlingException],
  ['rate_limit_error', NAME_RULES.ThrottlingException],
  ['service_unavailable', NAME_RULES.ServiceUnavailableException],
])

/** A failure without a name, or with one that this version does not know, by its HTTP status. */
export const STATUS_RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [401, NAME_RULES.UnrecognizedClientException],
  [403, NAME_RULES.AccessDeniedException],
  [404, NAME_RULES.ResourceNotFoundException],
  [408, NAME_RULES.ModelTimeoutException],
  [413, { code: 'body_too_large' }],
  [424, NAME_RULES.ModelErrorException],
  [429, NAME_RULES.ThrottlingException],
  [503, NAME_RULES.ServiceUnavailableException],
  [504, NAME_RULES.ModelTimeoutException],
])

/** `originalStatusCode` of a ModelErrorException: what the model's own server said. Others are none of the client's business. */
export const ORIGINAL_STATUS_RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [400, NAME_RULES.ValidationException],
  [408, NAME_RULES.ModelTimeoutException],
  [413, NAME_RULES.ValidationException],
  [422, NAME_RULES.ValidationException],
  [429, NAME_RULES.ThrottlingException],
  [503, NAME_RULES.ServiceUnavailableException],
  [504, NAME_RULES.ModelTimeoutException],
])

interface WordsRule extends Rule {
  readonly words: RegExp
}

/** Words of AWS that say more than the exception's name. The first that match decide. */
export const WORDS_RULES: readonly WordsRule[] = [
  // An AccessDeniedException in AWS's words (test of the emulator's bearer tokens), but the client's key is not meant.
  {
    words: /^Authentication failed/i,
    code: 'aws_credentials',
    hint: 'AWS_BEARER_TOKEN_BEDROCK of the gateway is meant.',
  },
  // error-samples; a retry within minutes can't help.
  {
    words: /tokens per day/i,
    code: 'quota_exceeded',
    hint: 'The daily tokens of this model are used up: other models have their own, and AWS Service Quotas raises them.',
  },
  // The quota counts by the minute, and a call reserves its max_tokens of it (bedrock-facts C13).
  {
    words: /^Too many tokens, please wait/i,
    code: 'rate_limit_exceeded',
    retryAfterSeconds: 15,
    chatHint:
      'A call reserves max_tokens of the quota when it starts: a smaller max_tokens leaves room for more calls.',
  },
  // error-samples (Nova; any model), aaif-goose/goose#7442, Anthropic's own words (Claude), and Titan embeddings
  // (aws-samples/amazon-bedrock-workshop#136).
  {
    words:
      /Input is too long|Too many input tokens|Input Tokens Exceeded|prompt is too long|exceed context limit|context (window|length)/i,
    code: 'context_length_exceeded',
    param: 'messages',
    chatHint: 'Shorten the conversation, ask for fewer max_tokens, or name a model with a larger context.',
  },
  // Recording 10, and autogluon/autogluon-assistant#54 for the older words.
  {
    words: /on-demand throughput isn.t supported|doesn.t support on-demand throughput/i,
    code: 'model_not_found',
    param: 'model',
    hint: 'Name an inference profile that GET /v1/models lists; with ENABLE_CROSS_REGION_INFERENCE=true the id of the model does, too.',
  },
  {
    words: /model identifier is invalid/i,
    code: 'model_not_found',
    param: 'model',
    hint: 'GET /v1/models lists what can be used; not every model is in every region.',
  },
  {
    words: /reached the end of its life/i,
    code: 'model_not_found',
    param: 'model',
    hint: 'GET /v1/models lists what can be used.',
  },
  // A ResourceNotFoundException (aws-samples/amazon-bedrock-workshop#386).
  {
    words: /marked by provider as Legacy/i,
    code: 'model_not_found',
    param: 'model',
    hint: 'GET /v1/models lists what can be used.',
  },
  // A 404 or a 400, but nothing is wrong with the name (obot-platform/obot#6747, truefoundry/models#934).
  {
    words: /use case details|use-case form/i,
    code: 'access_denied',
    param: 'model',
    hint: "The provider's form is in the Bedrock console; access follows within 15 minutes.",
  },
  // anthropics/claude-code#9681, aws-samples/anthropic-on-aws#252.
  {
    words: /aws-marketplace|Marketplace subscription/i,
    code: 'access_denied',
    param: 'model',
    hint: 'Use the model once with an identity that has aws-marketplace:Subscribe, for example in the Bedrock console, and wait some minutes.',
  },
  {
    words: /don't have access to the model/i,
    code: 'access_denied',
    param: 'model',
    hint: 'Ask for access to it in the Bedrock console, in the region that the gateway uses.',
  },
  // BerriAI/litellm#39166; for a profile IAM judges the model in every region it leads to (posit-dev/positron#10683).
  {
    words: /not authorized to perform: bedrock:/i,
    code: 'access_denied',
    param: 'model',
    hint: "The gateway's AWS identity lacks this permission; for an inference profile it needs it in every region of the profile.",
  },
  // A 400 or a 403 (aws-samples/amazon-bedrock-audio-summarizer#3, aws-samples/amazon-bedrock-client-for-mac#1).
  {
    words: /account is not authorized/i,
    code: 'access_denied',
    param: 'model',
    hint: 'Ask for access to it in the Bedrock console, in the region that the gateway uses.',
  },
  // A 403 or a 400 (anomalyco/opencode#782, zeroclaw-labs/zeroclaw#7315).
  {
    words: /did not allow prompt caching/i,
    code: 'unsupported',
    param: 'model',
    hint: 'Send no cache_control to this model, or set BEDROCKD_PROMPT_CACHING=off.',
  },
  // openclaw/openclaw#58588.
  {
    words: /guardrail (identifier|version|arn)/i,
    code: 'invalid_request',
    param: 'guardrailConfig',
    hint: "The request's guardrail, the alias's or BEDROCKD_GUARDRAIL_ID must exist in the region of the model.",
  },
]

interface FieldRule {
  readonly words: RegExp
  readonly param: string
  readonly hint?: string
}

/** Which field of a chat Bedrock complains of; Converse's own paths are not the client's. The first that match decide. */
const CHAT_FIELD_RULES: readonly FieldRule[] = [
  // BerriAI/litellm#15070.
  { words: /temperature.*top_p.*cannot both/i, param: 'temperature', hint: 'Send one of the two.' },
  // charmbracelet/crush#946.
  { words: /maximum tokens you requested|\bmax_?tokens\b/i, param: 'max_tokens' },
  { words: /\btool_?choice\b/i, param: 'tool_choice' },
  {
    words: /doesn.t support tool use/i,
    param: 'tools',
    hint: 'Leave the tools out, or name another model.',
  },
  { words: /\btoolConfig\b|\btools\.\d|\binputSchema\b|\binput_schema\b/, param: 'tools' },
  {
    words: /image exceeds|image dimensions|too many images/i,
    param: 'messages',
    hint: 'Send fewer or smaller images.',
  },
  {
    words: /file MIME type/i,
    param: 'messages',
    hint: 'The bytes are of another type than the part says.',
  },
  { words: /URL sources are not supported/i, param: 'messages', hint: 'Send the image as a data: URI.' },
  {
    words:
      /\bmessages[./[]|ContentBlock|Message object|conversation must|toolResult|toolUse|content block|image|document|s3Uri/i,
    param: 'messages',
  },
  { words: /\btemperature\b/i, param: 'temperature' },
  { words: /\btop_?p\b/i, param: 'top_p' },
  { words: /\bstop_?sequences?\b/i, param: 'stop' },
]

/** What a refusal means for a request to a model that does not chat. */
export interface KindRules {
  /** In place of `context_length_exceeded` as chats have it. */
  readonly tooLong: Rule
  /** As `CHAT_FIELD_RULES`. */
  readonly fields: readonly FieldRule[]
}

/** By what the model is for; null: the tables above are about it. InvokeModel's paths are the models' own, but what they hold came from few fields. */
export const KIND_RULES: Readonly<Record<ModelKind, KindRules | null>> = {
  // The tables above speak of chats.
  chat: null,
  other: null,
  embedding: {
    tooLong: {
      code: 'context_length_exceeded',
      param: 'input',
      hint: 'Send shorter texts, or leave truncate out: then what is too long is cut.',
    },
    fields: [
      { words: /dimension|outputEmbeddingLength/i, param: 'dimensions' },
      { words: /text|token|image|document|input|purpose/i, param: 'input' },
    ],
  },
  rerank: {
    tooLong: {
      code: 'context_length_exceeded',
      param: 'documents',
      hint: 'Send fewer or shorter documents.',
    },
    fields: [
      { words: /#\/query|\bquery\b/i, param: 'query' },
      { words: /document|text|token/i, param: 'documents' },
    ],
  },
  image: {
    tooLong: { code: 'invalid_request', param: 'prompt', hint: 'Send a shorter prompt.' },
    fields: [],
  },
}

/** The rows for the fields of one endpoint. */
export function fieldRulesOf(kind: ModelKind): readonly FieldRule[] {
  return KIND_RULES[kind]?.fields ?? CHAT_FIELD_RULES
}
