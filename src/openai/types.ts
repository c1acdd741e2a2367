/** A chat request as the client said it, checked: nothing in here is of another type than it says. */
export interface ChatRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly stream: boolean
  /** `stream_options.include_usage`. */
  readonly includeUsage: boolean
  /** `max_completion_tokens`, else `max_tokens`; null: not given. */
  readonly maxTokens: number | null
  /** 0 to 2; null: not given. */
  readonly temperature: number | null
  /** 0 to 1; null: not given. */
  readonly topP: number | null
  readonly stop: readonly string[]
  readonly tools: readonly ToolDefinition[]
  readonly toolChoice: ToolChoice | null
  readonly reasoningEffort: string | null
  readonly responseFormat: ResponseFormat | null
  /** Names of parameters the client sent that nothing here acts on, in the order sent. */
  readonly ignored: readonly string[]
}

export type ChatMessage =
  | { readonly role: 'system' | 'developer'; readonly content: readonly ContentPart[] }
  | { readonly role: 'user'; readonly content: readonly ContentPart[] }
  | {
      readonly role: 'assistant'
      readonly content: readonly ContentPart[]
      readonly toolCalls: readonly ToolCall[]
    }
  | { readonly role: 'tool'; readonly content: readonly ContentPart[]; readonly toolCallId: string }

export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly url: string; readonly detail: string | null }
  | {
      readonly type: 'file'
      readonly fileName: string | null
      readonly fileData: string | null
      readonly fileId: string | null
    }
  | { readonly type: 'audio'; readonly data: string; readonly format: string }

export interface ToolCall {
  readonly id: string
  readonly name: string
  /** JSON text as the model wrote it: may be cut or invalid. */
  readonly arguments: string
}

export interface ToolDefinition {
  readonly name: string
  readonly description: string | null
  /** A JSON schema; null: takes no arguments. */
  readonly parameters: object | null
  readonly strict: boolean | null
}

export type ToolChoice =
  | { readonly type: 'auto' | 'none' | 'required' }
  | { readonly type: 'named'; readonly name: string }

export type ResponseFormat =
  | { readonly type: 'text' | 'json_object' }
  | {
      readonly type: 'json_schema'
      readonly name: string
      readonly schema: object
      readonly strict: boolean | null
    }

/** OpenAI's closed set of reasons why a reply ended. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter'

/** OpenAI's token counts of one reply. */
export interface Usage {
  readonly promptTokens: number
  readonly completionTokens: number
  readonly totalTokens: number
  readonly cachedTokens: number
}
