/**
 * Bedrock's wire types, as JSON travels (blobs are base64 strings). Members follow the AWS service model of
 * Converse and ConverseStream; `recorded` marks what real traffic carries beyond it.
 */
export interface ConverseRequest {
  readonly messages: readonly Message[]
  readonly system?: readonly SystemBlock[]
  readonly inferenceConfig?: InferenceConfig
  readonly toolConfig?: ToolConfig
  readonly guardrailConfig?: GuardrailConfig
  readonly additionalModelRequestFields?: Readonly<Record<string, unknown>>
  readonly outputConfig?: OutputConfig
  /** At most 16 pairs, names and values of at most 256 characters each. */
  readonly requestMetadata?: Readonly<Record<string, string>>
  readonly performanceConfig?: { readonly latency: 'standard' | 'optimized' }
  readonly serviceTier?: { readonly type: 'priority' | 'default' | 'flex' | 'reserved' }
}

export interface InferenceConfig {
  /** At least 1. */
  readonly maxTokens?: number
  /** 0 to 1. */
  readonly temperature?: number
  /** 0 to 1. */
  readonly topP?: number
  /** At most 2500, each at least one character. */
  readonly stopSequences?: readonly string[]
}

export interface ToolConfig {
  /** At least one. */
  readonly tools: readonly Tool[]
  readonly toolChoice?: ConverseToolChoice
}

/** A union with exactly one member. */
export interface Tool {
  readonly toolSpec?: ToolSpec
  readonly systemTool?: { readonly name: string }
  readonly cachePoint?: CachePoint
}

export interface ToolSpec {
  /** `[a-zA-Z0-9_-]{1,64}`. */
  readonly name: string
  /** At least one character. */
  readonly description?: string
  readonly inputSchema: { readonly json: unknown }
  readonly strict?: boolean
}

/** A union with exactly one member. There is no `none`. */
export interface ConverseToolChoice {
  readonly auto?: object
  readonly any?: object
  readonly tool?: { readonly name: string }
}

export interface CachePoint {
  readonly type: 'default'
  readonly ttl?: '5m' | '1h'
}

export interface GuardrailConfig {
  readonly guardrailIdentifier: string
  readonly guardrailVersion: string
  readonly trace?: 'enabled' | 'disabled' | 'enabled_full'
  /** ConverseStream only. */
  readonly streamProcessingMode?: 'sync' | 'async'
}

export interface OutputConfig {
  readonly textFormat?: {
    readonly type: 'json_schema'
    /** `schema` is JSON text. */
    readonly structure: {
      readonly jsonSchema: { readonly schema: string; readonly name?: string; readonly description?: string }
    }
  }
  readonly effort?: string
}

export type Role = 'user' | 'assistant'

export interface Message {
  readonly role: Role
  readonly content: readonly ContentBlock[]
}

export interface TextBlock {
  readonly text: string
}

/** A union with exactly one member. */
export interface SystemBlock {
  readonly text?: string
  readonly cachePoint?: CachePoint
}

/** A union with exactly one member, as on the wire. */
export interface ContentBlock {
  readonly text?: string
  readonly image?: ImageBlock
  readonly document?: DocumentBlock
  readonly video?: { readonly format: string; readonly source: BytesSource }
  readonly audio?: { readonly format: string; readonly source: BytesSource }
  readonly toolUse?: ToolUse
  readonly toolResult?: ToolResult
  readonly reasoningContent?: ReasoningBlock
  readonly cachePoint?: CachePoint
  readonly citationsContent?: {
    readonly content?: readonly TextBlock[]
    readonly citations?: readonly WireCitation[]
  }
}

export interface BytesSource {
  /** Base64. */
  readonly bytes: string
}

export interface ImageBlock {
  /** png, jpeg, gif or webp. */
  readonly format: string
  readonly source: BytesSource
}

export interface DocumentBlock {
  /** pdf, csv, doc, docx, xls, xlsx, html, txt or md. */
  readonly format: string
  /** 1 to 200: letters, digits, single spaces, hyphens, parentheses, square brackets. */
  readonly name: string
  readonly source: BytesSource
}

export interface ToolUse {
  /** `[a-zA-Z0-9_.:-]{1,64}`. */
  readonly toolUseId: string
  readonly name: string
  readonly input: unknown
  /** Recorded: `tool_use`, or `server_tool_use` for tools that ran inside Bedrock. */
  readonly type?: string
}

export interface ToolResult {
  readonly toolUseId: string
  readonly content: readonly ToolResultBlock[]
  readonly status?: 'success' | 'error'
  readonly type?: string
}

/** A union with exactly one member. */
export interface ToolResultBlock {
  readonly text?: string
  readonly json?: unknown
  readonly image?: ImageBlock
  readonly document?: DocumentBlock
  readonly video?: { readonly format: string; readonly source: BytesSource }
}

/** A union with exactly one member. */
export interface ReasoningBlock {
  readonly reasoningText?: { readonly text: string; readonly signature?: string }
  /** Base64. */
  readonly redactedContent?: string
}

export interface WireCitation {
  readonly title?: string
  readonly source?: string
  readonly sourceContent?: readonly { readonly text?: string }[]
  readonly location?: {
    readonly web?: { readonly url?: string; readonly domain?: string }
    readonly [kind: string]: unknown
  }
}

export interface TokenUsage {
  /** Without cached tokens (bedrock-facts C4). */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly totalTokens: number
  readonly cacheReadInputTokens?: number
  readonly cacheWriteInputTokens?: number
}

/** The reply of Converse. */
export interface ConverseResponse {
  readonly output: { readonly message: { readonly role: string; readonly content: readonly ContentBlock[] } }
  readonly stopReason: string
  readonly usage: TokenUsage
  readonly metrics?: { readonly latencyMs: number }
  readonly serviceTier?: { readonly type: string }
}

/** A piece of a picture, or why there is none. */
export interface ImageDelta {
  readonly source?: Partial<BytesSource>
  readonly error?: { readonly message?: string }
}

export interface BlockDelta {
  readonly text?: string
  readonly toolUse?: { readonly input: string }
  readonly reasoningContent?: {
    readonly text?: string
    readonly signature?: string
    readonly redactedContent?: string
  }
  readonly citation?: WireCitation
  readonly toolResult?: unknown
  readonly image?: ImageDelta
}

/** One event of ConverseStream; the padding member `p` that every payload carries is not part of it. */
export type ConverseEvent =
  | { readonly type: 'messageStart'; readonly payload: { readonly role: string } }
  | {
      readonly type: 'contentBlockStart'
      readonly payload: {
        readonly contentBlockIndex: number
        readonly start: {
          readonly toolUse?: Omit<ToolUse, 'input'>
          readonly toolResult?: unknown
          readonly image?: { readonly format: string }
        }
      }
    }
  | {
      readonly type: 'contentBlockDelta'
      readonly payload: { readonly contentBlockIndex: number; readonly delta: BlockDelta }
    }
  | { readonly type: 'contentBlockStop'; readonly payload: { readonly contentBlockIndex: number } }
  | { readonly type: 'messageStop'; readonly payload: { readonly stopReason: string } }
  | {
      readonly type: 'metadata'
      readonly payload: { readonly usage: TokenUsage; readonly serviceTier?: { readonly type: string } }
    }
  /** An event that came after this version was written: skipped. */
  | { readonly type: 'unknown' }
