import type { Guardrail } from '../openai/types.js'
import type { ImageUse } from './image-names.js'

/** What a model is for. Only `chat` models stand in the chat listener's list. */
export type ModelKind = 'chat' | 'image' | 'embedding' | 'rerank' | 'other'

/**
 * One model of a ListFoundationModels reply, raw body: the SDK's types leave `converse` and other members out.
 * Every enum of the service is open in practice (bedrock-facts C8), hence plain strings.
 */
export interface FoundationModel {
  readonly modelId: string
  readonly modelArn: string
  readonly modelName: string
  readonly providerName: string
  readonly inputModalities: readonly string[]
  readonly outputModalities: readonly string[]
  /** ON_DEMAND, PROVISIONED, INFERENCE_PROFILE, … or empty. */
  readonly inferenceTypes: readonly string[]
  readonly streaming: boolean
  /** ACTIVE, LEGACY, … */
  readonly lifecycle: string
  /** Undocumented members, present for part of the models. */
  readonly converse: ConverseFacts | null
  readonly promptCaching: boolean | null
  readonly latencyOptimized: boolean | null
}

/** The undocumented `converse` member of a listing row; null where Bedrock says nothing. */
export interface ConverseFacts {
  readonly maxTokensMaximum: number | null
  readonly maxTokensDefault: number | null
  readonly systemRoleSupported: boolean | null
  readonly reasoningSupported: boolean | null
  readonly userImageTypes: readonly string[]
  readonly userDocumentTypes: readonly string[]
  readonly userVideoTypes: readonly string[]
}

/** One profile of a ListInferenceProfiles reply. */
export interface InferenceProfile {
  readonly id: string
  readonly arn: string
  readonly name: string
  readonly type: 'SYSTEM_DEFINED' | 'APPLICATION'
  readonly status: string
  readonly modelArns: readonly string[]
}

/** What one region offers, as of one complete refresh. */
export interface RegionPart {
  readonly region: string
  readonly models: readonly FoundationModel[]
  readonly profiles: readonly InferenceProfile[]
  /** Ids that bedrock-mantle lists (`GET /v1/models`); empty: none, or it was not asked or did not answer. */
  readonly mantleModels: readonly string[]
  /** Milliseconds since the epoch at which both lists were complete. */
  readonly fetchedAtMs: number
  /** Profile lists that IAM denies for good: the region advanced without them. */
  readonly deniedProfileTypes: readonly ('SYSTEM_DEFINED' | 'APPLICATION')[]
}

/** The families whose dialects differ: what `additionalModelRequestFields` a model reads depends on it. */
export type ModelFamily =
  | 'claude'
  | 'nova'
  | 'titan'
  | 'llama'
  | 'mistral'
  | 'deepseek'
  | 'qwen'
  | 'openai'
  | 'cohere'
  | 'ai21'
  | 'writer'
  | 'other'

/**
 * How a model is told to think. `none`: it can't. `always`: it does, and nothing changes that. The `claude-…` styles take
 * `thinking`: a budget of tokens (3.7 to 4.5), either a budget or adaptive (4.6), adaptive only (4.7 and later).
 */
export type ReasoningStyle =
  | 'none'
  | 'always'
  | 'claude-budget'
  | 'claude-either'
  | 'claude-adaptive'
  /** Adaptive, and on unless it is disabled. */
  | 'claude-default'
  /** Adaptive, and instead of `disabled` there is `between_tools`. */
  | 'claude-between-tools'
  /** Adaptive, and never off. */
  | 'claude-always'
  | 'nova-2'
  /** `reasoning_effort`: low, medium, high (gpt-oss, DeepSeek). */
  | 'effort'
  /** `reasoning: {effort}`: none to max, but for minimal (GPT-5.6 and later). */
  | 'nested-effort'
  /** `reasoning_config` (Qwen). */
  | 'config'

/** What a model's prompt cache takes (AWS documentation, bedrock-facts C6). */
export interface PromptCaching {
  /** A shorter prefix is not cached, silently. */
  readonly tokensMin: number
  readonly pointsMax: number
  readonly tools: boolean
  readonly oneHour: boolean
}

/** What a model takes and gives: family rules, overridden by what the listing says. */
export interface Capabilities {
  readonly family: ModelFamily
  readonly streaming: boolean
  readonly systemPrompt: boolean
  readonly tools: boolean
  /** False: with tools a reply comes in one piece only. */
  readonly streamingTools: boolean
  /** Tool choices beside `auto`; empty: the model decides alone. */
  readonly toolChoices: readonly ('any' | 'tool')[]
  /** False: a turn with tool calls or tool results may hold nothing else. */
  readonly toolResultWithText: boolean
  /** False: a tool result is text or JSON only. */
  readonly toolResultMedia: boolean
  readonly reasoning: ReasoningStyle
  readonly promptCaching: PromptCaching | null
  /** Converse's `outputConfig.textFormat`. */
  readonly structuredOutput: boolean
  /** Which of temperature and top_p a request may carry. */
  readonly sampling: 'both' | 'either' | 'none'
  readonly stopSequences: boolean
  /** Image formats that user messages may carry; empty: none. */
  readonly imageTypes: readonly string[]
  readonly documentTypes: readonly string[]
  readonly videoTypes: readonly string[]
  readonly audioTypes: readonly string[]
  /** Most output tokens of one reply; null: unknown. */
  readonly maxOutputTokens: number | null
}

/** Which of Bedrock's protocols a chat model speaks: Converse, or the OpenAI API on the runtime host or on bedrock-mantle. */
export type ChatDialect = 'converse' | 'openai-runtime' | 'openai-mantle'

/** `invoke`: InvokeModel, with a body of the model's own. Every model that does not chat is called so. */
export type Dialect = ChatDialect | 'invoke'

/** What the operator set for a name of their own. */
export interface AliasDefaults {
  /** Members of a chat request that hold where the client says nothing, in OpenAI's words. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** Goes before what the client says as system. */
  readonly systemPrompt: string | null
  readonly guardrail: Guardrail | null
  /** Absent: as the settings say (`BEDROCKD_DROP_PARAMS`). */
  readonly dropParams?: boolean
}

/** Where one request goes. Plain data: it crosses to the workers. */
export interface ModelTarget {
  /** What stands in the Bedrock path: a model id, a profile id or an ARN. */
  readonly id: string
  /** What the client named; replies echo it as `model`. */
  readonly requested: string
  readonly region: string
  readonly kind: ModelKind
  /** The foundation model behind the id; null where only Bedrock knows. */
  readonly foundationId: string | null
  readonly capabilities: Capabilities
  readonly dialect: Dialect
  /** Of the alias that was named; null: none was. */
  readonly defaults: AliasDefaults | null
}

/** A model that chats. */
export type ChatTarget = ModelTarget & { readonly kind: 'chat'; readonly dialect: ChatDialect }

/** A model that makes pictures. */
export type ImageTarget = ModelTarget & { readonly kind: 'image'; readonly dialect: 'invoke' }

export type Resolution =
  | { readonly type: 'listed'; readonly target: ModelTarget }
  /** Not in the snapshot, but it looks like a Bedrock id or an ARN: worth asking AWS. */
  | { readonly type: 'unlisted'; readonly target: ModelTarget }
  /** `BEDROCKD_MODELS_DENY` (or a non-matching `_ALLOW`) names it. */
  | { readonly type: 'denied' }
  /** Listed, but nothing can invoke it (no ON_DEMAND and no profile in any configured region). */
  | { readonly type: 'not-invocable'; readonly foundationId: string }
  /** `setting`: the one that says what stands in for such a name, and says nothing that exists. */
  | { readonly type: 'unknown'; readonly setting?: string }

/** One row of `GET /v1/models`, before it takes OpenAI's shape. */
export interface ModelEntry {
  readonly id: string
  /** Friendly, for example `Claude Sonnet 4.5 (US)`. */
  readonly name: string
  readonly kind: ModelKind
  /** The provider, lower case: `anthropic`, `amazon`, … */
  readonly ownedBy: string
  /** Every configured region that serves it, the preferred one first. */
  readonly regions: readonly string[]
  /** ON_DEMAND, SYSTEM_DEFINED, APPLICATION or ALIAS. */
  readonly access: 'ON_DEMAND' | 'SYSTEM_DEFINED' | 'APPLICATION' | 'ALIAS'
  readonly foundationId: string | null
  readonly legacy: boolean
  readonly capabilities: Capabilities
}

/** An immutable view of all regions. A refresh builds a new one; readers hold one reference. */
export interface Catalog {
  /** Advances with every stored change; 0: nothing was ever loaded. */
  readonly generation: number
  /** True once any region has a part. */
  readonly loaded: boolean
  /** `use` decides what OpenAI's image names stand for; without it they make pictures from words. */
  resolve(name: string, use?: ImageUse): Resolution
  list(kind: ModelKind | 'all'): readonly ModelEntry[]
  /** One entry by the id a client names (listed entries only, aliases included). */
  find(id: string): ModelEntry | undefined
}
