import type { Capabilities, ChatTarget } from '../../src/catalog/types.js'
import type { ChatRequest } from '../../src/openai/types.js'
import type { ReplyPlan, TranslationContext, TranslationPolicy } from '../../src/translate/policy.js'

/** A chat model as the catalogue resolves it, with these capabilities changed. */
export function chatTarget(capabilities: Partial<Capabilities> = {}): ChatTarget {
  const id = 'anthropic.claude-3-haiku-20240307-v1:0'
  return {
    id,
    requested: id,
    region: 'us-east-1',
    kind: 'chat',
    foundationId: id,
    dialect: 'converse',
    defaults: null,
    capabilities: {
      family: 'claude',
      streaming: true,
      systemPrompt: true,
      tools: true,
      streamingTools: true,
      toolChoices: ['any', 'tool'],
      toolResultWithText: true,
      toolResultMedia: true,
      reasoning: 'none',
      promptCaching: null,
      structuredOutput: false,
      sampling: 'both',
      stopSequences: true,
      imageTypes: ['png'],
      documentTypes: [],
      videoTypes: [],
      audioTypes: [],
      maxOutputTokens: 4096,
      ...capabilities,
    },
  }
}

const PLAIN_POLICY: TranslationPolicy = {
  promptCaching: 'off',
  promptCacheTtl: '5m',
  outputTokensDefault: null,
  choicesMax: 8,
  guardrail: null,
  guardrailRequired: false,
  dropParams: true,
}

/** A translation's context that adds nothing of its own: no caching, no default limit, no guardrail, no lessons. */
export function chatContext(
  target: ChatTarget = chatTarget(),
  more: Partial<Omit<TranslationContext, 'policy' | 'target'>> & {
    readonly policy?: Partial<TranslationPolicy>
  } = {},
): TranslationContext {
  return {
    media: new Map(),
    keptReasoning: {},
    lessons: [],
    ...more,
    target,
    policy: { ...PLAIN_POLICY, ...more.policy },
  }
}

/** A way back without anything special. */
export function replyPlan(more: Partial<ReplyPlan> = {}): ReplyPlan {
  return {
    includeUsage: false,
    toolNames: {},
    answerTool: null,
    answerMember: null,
    legacyFunctions: false,
    reasoningFormat: null,
    ...more,
  }
}

/** A request that says nothing but its messages, with these members changed. */
export function chatRequest(more: Partial<ChatRequest> = {}): ChatRequest {
  return {
    model: 'the-model',
    messages: [
      {
        role: 'user',
        content: [{ type: 'text', text: 'Hello', cacheControl: null }],
        cacheControl: null,
      },
    ],
    stream: false,
    includeUsage: false,
    choices: 1,
    maxTokens: null,
    temperature: null,
    topP: null,
    topK: null,
    stop: [],
    tools: [],
    toolChoice: null,
    parallelToolCalls: null,
    legacyFunctions: false,
    reasoning: null,
    responseFormat: null,
    serviceTier: null,
    latency: null,
    guardrail: null,
    promptCaching: null,
    metadata: null,
    user: null,
    modelFields: null,
    others: {},
    ...more,
  }
}
