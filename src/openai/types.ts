/** A chat request as the client said it, checked: nothing in here is of another type than it says. Null: not given. */
export interface ChatRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly stream: boolean
  /** `stream_options.include_usage`. */
  readonly includeUsage: boolean
  /** `n`: so many answers to one question, each a call of its own. */
  readonly choices: number
  /** `max_completion_tokens`, else `max_tokens`. */
  readonly maxTokens: number | null
  /** 0 to 2. */
  readonly temperature: number | null
  /** 0 to 1. */
  readonly topP: number | null
  /** `top_k`, not of OpenAI, but sent by many clients. */
  readonly topK: number | null
  readonly stop: readonly string[]
  readonly tools: readonly ToolDefinition[]
  readonly toolChoice: ToolChoice | null
  /** `parallel_tool_calls`. */
  readonly parallelToolCalls: boolean | null
  /** The client speaks `functions` and `function_call`, and reads its answers there. */
  readonly legacyFunctions: boolean
  /** `reasoning_effort`, `thinking` and `reasoning` together. */
  readonly reasoning: ReasoningRequest | null
  readonly responseFormat: ResponseFormat | null
  /** `service_tier`. */
  readonly serviceTier: string | null
  /** `performanceConfig.latency` (also `performance_config`). */
  readonly latency: 'standard' | 'optimized' | null
  /** `guardrailConfig` (also `guardrail_config`), as LiteLLM's clients send it. */
  readonly guardrail: Guardrail | null
  /** `prompt_caching`, as the sample gateway's clients send it in `extra_body`, or one of the modes by name. */
  readonly promptCaching: PromptCachingMode | null
  /** `metadata`, and `requestMetadata` of LiteLLM's clients: for AWS's invocation log. */
  readonly metadata: Readonly<Record<string, string>> | null
  readonly user: string | null
  /** What goes to the model as it is: the members of `extra_body` and of `additionalModelRequestFields`. */
  readonly modelFields: Readonly<Record<string, unknown>> | null
  /** Every other member that is not null, in the order sent: `seed`, `logit_bias`, `num_ctx`, … */
  readonly others: Readonly<Record<string, unknown>>
}

/** Marks where the prefix of a prompt ends that is worth keeping (`cache_control`, Anthropic's member). */
export interface CacheControl {
  readonly ttl: CacheTtl | null
}

export type CacheTtl = '5m' | '1h'

/** `auto`: cache points where they pay; `explicit`: only where the client puts `cache_control`; `off`: none. */
export type PromptCachingMode = 'auto' | 'explicit' | 'off'

export type ChatMessage =
  | {
      readonly role: 'system' | 'developer'
      readonly content: readonly ContentPart[]
      readonly cacheControl: CacheControl | null
    }
  | {
      readonly role: 'user'
      readonly content: readonly ContentPart[]
      readonly cacheControl: CacheControl | null
    }
  | {
      readonly role: 'assistant'
      readonly content: readonly ContentPart[]
      readonly toolCalls: readonly ToolCall[]
      /** `reasoning_details`, in order; empty: the client sent none back. */
      readonly reasoning: readonly ReasoningDetail[]
      readonly cacheControl: CacheControl | null
    }
  | {
      /** Also the older role `function`: its call is found by name. */
      readonly role: 'tool'
      readonly content: readonly ContentPart[]
      readonly toolCallId: string
      readonly cacheControl: CacheControl | null
    }

export type ContentPart =
  | { readonly type: 'text'; readonly text: string; readonly cacheControl: CacheControl | null }
  | MediaPart

/** What has to become bytes before Bedrock can have it: see `MediaBlocks`. */
export type MediaPart =
  | {
      readonly type: 'image'
      /** A `data:` URI, or an address to fetch it from. */
      readonly url: string
      readonly detail: string | null
      readonly cacheControl: CacheControl | null
    }
  | {
      readonly type: 'file'
      readonly fileName: string | null
      /** A `data:` URI, or base64. */
      readonly fileData: string | null
      readonly fileId: string | null
      readonly cacheControl: CacheControl | null
    }
  | { readonly type: 'audio'; readonly data: string; readonly format: string }
  /** `video_url`: a `data:` URI, or an address. */
  | { readonly type: 'video'; readonly url: string }

export interface ToolCall {
  readonly id: string
  readonly name: string
  /** JSON text as the model wrote it: may be cut or invalid. */
  readonly arguments: string
}

/** What a model thought before it answered, as `reasoning_details` carries it (the shape is OpenRouter's). */
export type ReasoningDetail =
  | {
      readonly type: 'text'
      readonly text: string
      /** Proves that the model itself wrote the text; only with it the text may go back. */
      readonly signature: string | null
      readonly format: string | null
    }
  /** Thoughts that only the model can read, base64. */
  | { readonly type: 'encrypted'; readonly data: string; readonly format: string | null }

export interface ToolDefinition {
  readonly name: string
  readonly description: string | null
  /** A JSON schema; null: takes no arguments. */
  readonly parameters: object | null
  readonly strict: boolean | null
  readonly cacheControl: CacheControl | null
}

export type ToolChoice =
  | { readonly type: 'auto' | 'none' | 'required' }
  | { readonly type: 'named'; readonly name: string }

export const REASONING_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
export type ReasoningEffort = (typeof REASONING_EFFORTS)[number]

/** How much a model shall think, however the client says it. */
export interface ReasoningRequest {
  readonly effort: ReasoningEffort | null
  /** `thinking.type`, or `reasoning.enabled`. */
  readonly type: 'enabled' | 'disabled' | 'adaptive' | null
  /** `thinking.budget_tokens`, or `reasoning.max_tokens`. */
  readonly budgetTokens: number | null
}

export type ResponseFormat =
  | { readonly type: 'text' | 'json_object' }
  | {
      readonly type: 'json_schema'
      readonly name: string
      readonly description: string | null
      readonly schema: object
      readonly strict: boolean | null
    }

/** Which guardrail of the account watches a chat. */
export interface Guardrail {
  /** Id or ARN. */
  readonly identifier: string
  /** `DRAFT` or a number. */
  readonly version: string
  readonly trace: 'enabled' | 'disabled' | 'enabled_full' | null
  /** How a stream is watched: `sync` holds text back until it is checked. */
  readonly streamMode: 'sync' | 'async' | null
}

/** OpenAI's closed set of reasons why a reply ended. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'function_call' | 'content_filter'

/** The tiers of OpenAI that Bedrock has, too (`service_tier` of a reply). */
export type ServiceTier = 'default' | 'flex' | 'priority' | 'scale'

/** OpenAI's token counts of one reply. */
export interface Usage {
  /** Cached tokens included, read or written. */
  readonly promptTokens: number
  readonly completionTokens: number
  readonly totalTokens: number
  readonly cachedTokens: number
  readonly cacheWriteTokens: number
}

/** A place that an answer rests on. */
export interface Citation {
  /** The passage of the reply that rests on it, in UTF-16 units; `end` is the unit after its last. */
  readonly start: number
  readonly end: number
  /** Null: it is no web page. */
  readonly url: string | null
  readonly title: string | null
  /** The words that were cited, or null. */
  readonly text: string | null
  /** Where in the source, as Bedrock says it. */
  readonly location: object | null
  readonly source: string | null
}
