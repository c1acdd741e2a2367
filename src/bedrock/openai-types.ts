/**
 * The wire of Bedrock's native OpenAI endpoints: what of OpenAI's CreateChatCompletion is said and read there. Replies are
 * another program's promise about a third one's protocol: every member that is read may be missing or of any type.
 */
export interface OpenAiRequest {
  readonly model: string
  readonly messages: readonly OpenAiMessage[]
  readonly stream: boolean
  readonly stream_options?: { readonly include_usage: true }
  readonly [member: string]: unknown
}

export type OpenAiMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string | readonly OpenAiPart[] }
  | {
      readonly role: 'assistant'
      readonly content: string | null
      readonly tool_calls?: readonly OpenAiToolCall[]
    }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string }

export type OpenAiPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string; readonly detail?: string } }
  | {
      readonly type: 'input_audio'
      readonly input_audio: { readonly data: string; readonly format: string }
    }

export interface OpenAiToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

/** A chunk of a streamed reply, or a whole reply: they differ in `delta` and `message`. */
export interface OpenAiReply {
  readonly choices?: unknown
  readonly usage?: unknown
  readonly service_tier?: unknown
  readonly error?: unknown
  readonly Output?: unknown
  /** `INTERVENED` where a guardrail replaced the answer (facts C12). */
  readonly 'amazon-bedrock-guardrailAction'?: unknown
}

export interface OpenAiReplyChoice {
  readonly delta?: unknown
  readonly message?: unknown
  readonly finish_reason?: unknown
}

/** `reasoning` is what Bedrock writes (recording 846), `reasoning_content` what other servers of such models do. */
export interface OpenAiReplyMessage {
  readonly content?: unknown
  readonly refusal?: unknown
  readonly reasoning?: unknown
  readonly reasoning_content?: unknown
  readonly tool_calls?: unknown
}

export interface OpenAiReplyToolCall {
  readonly index?: unknown
  readonly id?: unknown
  readonly function?: unknown
}

export interface OpenAiReplyFunction {
  readonly name?: unknown
  readonly arguments?: unknown
}

export interface OpenAiReplyUsage {
  readonly prompt_tokens?: unknown
  readonly completion_tokens?: unknown
  readonly prompt_tokens_details?: unknown
}

export interface OpenAiPromptTokensDetails {
  readonly cached_tokens?: unknown
  readonly cache_write_tokens?: unknown
}
