/**
 * Bedrock's wire types, as JSON travels (blobs are base64 strings). Members follow the AWS service model of
 * Converse and ConverseStream; `recorded` marks what real traffic carries beyond it.
 */
export interface ConverseRequest {
  readonly messages: readonly Message[]
  readonly system?: readonly SystemBlock[]
  readonly inferenceConfig?: InferenceConfig
  readonly toolConfig?: unknown
  readonly additionalModelRequestFields?: unknown
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

export type Role = 'user' | 'assistant'

export interface Message {
  readonly role: Role
  readonly content: readonly ContentBlock[]
}

export interface TextBlock {
  readonly text: string
}

export type SystemBlock = TextBlock

/** A union with exactly one member, as on the wire. */
export interface ContentBlock {
  readonly text?: string
  readonly toolUse?: ToolUse
  readonly reasoningContent?: {
    readonly reasoningText?: { readonly text: string; readonly signature?: string }
    readonly redactedContent?: string
  }
  readonly citationsContent?: {
    readonly content?: readonly TextBlock[]
    readonly citations?: readonly unknown[]
  }
  readonly toolResult?: unknown
  readonly image?: unknown
}

export interface ToolUse {
  readonly toolUseId: string
  readonly name: string
  readonly input: unknown
  /** Recorded: `tool_use`, or `server_tool_use` for tools that ran inside Bedrock. */
  readonly type?: string
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
}

export interface BlockDelta {
  readonly text?: string
  readonly toolUse?: { readonly input: string }
  readonly reasoningContent?: {
    readonly text?: string
    readonly signature?: string
    readonly redactedContent?: string
  }
  readonly citation?: unknown
  readonly toolResult?: unknown
  readonly image?: unknown
}

/** One event of ConverseStream; the padding member `p` that every payload carries is not part of it. */
export type ConverseEvent =
  | { readonly type: 'messageStart'; readonly payload: { readonly role: string } }
  | {
      readonly type: 'contentBlockStart'
      readonly payload: {
        readonly contentBlockIndex: number
        readonly start: { readonly toolUse?: Omit<ToolUse, 'input'> }
      }
    }
  | {
      readonly type: 'contentBlockDelta'
      readonly payload: { readonly contentBlockIndex: number; readonly delta: BlockDelta }
    }
  | { readonly type: 'contentBlockStop'; readonly payload: { readonly contentBlockIndex: number } }
  | { readonly type: 'messageStop'; readonly payload: { readonly stopReason: string } }
  | { readonly type: 'metadata'; readonly payload: { readonly usage: TokenUsage } }
  /** An event that came after this version was written: skipped. */
  | { readonly type: 'unknown' }
