import type { ContentBlock, ReasoningBlock, ToolResultBlock } from '../bedrock/types.js'
import type { ChatTarget } from '../catalog/types.js'
import type { CacheTtl, Guardrail, MediaPart, PromptCachingMode } from '../openai/types.js'

/** The settings that a translation obeys. Plain data: it crosses to the workers. */
export interface TranslationPolicy {
  readonly promptCaching: PromptCachingMode
  readonly promptCacheTtl: CacheTtl
  /** Used where a client names no limit; null: the model's own. */
  readonly outputTokensDefault: number | null
  /** `n` may be at most this. */
  readonly choicesMax: number
  /** For every chat and every picture whose alias or client names none. */
  readonly guardrail: Guardrail | null
  /** A client can't choose another guardrail than the operator's. */
  readonly guardrailRequired: boolean
  /** False: a parameter that the model would never see is refused instead of dropped. */
  readonly dropParams: boolean
}

/** The blocks that images, files, audio and video of a request became, by the part they came from. */
export type MediaBlocks = ReadonlyMap<MediaPart, ContentBlock & ToolResultBlock>

/** What a model thought before tool calls of an earlier reply, by the ids of those calls. */
export type KeptReasoning = Readonly<Record<string, readonly ReasoningBlock[]>>

/** Everything a translation knows beside the request. */
export interface TranslationContext {
  readonly target: ChatTarget
  readonly policy: TranslationPolicy
  readonly media: MediaBlocks
  readonly keptReasoning: KeptReasoning
  /** Parameters that this model was seen to refuse (see `bedrock/lessons.ts`). */
  readonly lessons: readonly string[]
}

/** What the way back has to know of the request. Plain data: it may come from a worker. */
export interface ReplyPlan {
  readonly includeUsage: boolean
  /** The client's tool names, by the names Bedrock was given; only those that differ. */
  readonly toolNames: Readonly<Record<string, string>>
  /** The tool whose input is the answer itself (structured output without `outputConfig`); null: none. */
  readonly answerTool: string | null
  /** The member of that tool's input that holds the answer; null: the whole input is it. */
  readonly answerMember: string | null
  /** Tool calls go back as `function_call`. */
  readonly legacyFunctions: boolean
  /** `format` of the reply's `reasoning_details`: whose thoughts they are (OpenRouter's names); null: none has a name. */
  readonly reasoningFormat: string | null
}

/** What a model thought before it called tools, in the order of its blocks; ids are the client's. */
export interface KeptThoughts {
  readonly toolCallIds: readonly string[]
  readonly blocks: readonly ReasoningBlock[]
}
