import type { Capabilities, FoundationModel, ModelKind, PromptCaching, ReasoningStyle } from './types.js'

const IMAGES = ['png', 'jpeg', 'gif', 'webp'] as const
const DOCUMENTS = ['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'] as const
const VIDEOS = ['mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp'] as const
const VOXTRAL_AUDIO = ['wav', 'mp3'] as const
const NONE: readonly string[] = []

/**
 * What an unknown model is taken for. Permissive on purpose: a wrong yes costs one refusal by Bedrock, which says
 * why; a wrong no refuses what would have worked.
 */
const UNKNOWN: Capabilities = {
  family: 'other',
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
  imageTypes: IMAGES,
  documentTypes: DOCUMENTS,
  videoTypes: NONE,
  audioTypes: NONE,
  maxOutputTokens: null,
}

/** What most models cache (AWS documentation, prompt caching). */
const CACHING: PromptCaching = { tokensMin: 1024, pointsMax: 4, tools: true, oneHour: false }

type Can = Partial<Capabilities>

const TEXT: Can = { imageTypes: NONE }
const WITHOUT_TOOLS: Can = { tools: false, toolChoices: [] }
const TEXT_WITHOUT_TOOLS: Can = { ...TEXT, ...WITHOUT_TOOLS }
const PLAIN_TEXT: Can = { ...TEXT_WITHOUT_TOOLS, systemPrompt: false }

/**
 * Claude's generations. Sources: recordings 823 (top_k) and 974 (temperature 1 while thinking), AWS user guide ("Adaptive
 * thinking", "Structured outputs", "Prompt caching"), Anthropic's migration guides for Sonnet 5, Opus 5, Opus 5.5, Sonnet 5.5
 * and Haiku 5.5. One hour of caching from 4.5 on: NousResearch/hermes-agent#11970.
 */
const CLAUDE: Can = { family: 'claude' }
const CLAUDE_THINKING: Can = { ...CLAUDE, reasoning: 'claude-budget', promptCaching: CACHING }
/** 4.5 and 4.6 take temperature or top_p, not both (BerriAI/litellm#15070). */
const CLAUDE_4_5: Can = {
  ...CLAUDE_THINKING,
  structuredOutput: true,
  sampling: 'either',
  promptCaching: { ...CACHING, tokensMin: 4096, oneHour: true },
  maxOutputTokens: 64_000,
}
/** 128,000 output tokens from 4.6 on (release notes of @effect/ai-anthropic 4.0.0-beta.106). */
const CLAUDE_4_6: Can = { ...CLAUDE_4_5, reasoning: 'claude-either', maxOutputTokens: 128_000 }
/** From 4.7 on temperature, top_p and top_k are refused (logancyang/obsidian-copilot#2601), and so are budgets. */
const CLAUDE_4_7: Can = { ...CLAUDE_4_6, reasoning: 'claude-adaptive', sampling: 'none' }
/** Thinks unless told not to; may be forced to call a tool while it does (langchain-ai/langchain-aws#1141). */
const CLAUDE_5: Can = {
  ...CLAUDE_4_7,
  reasoning: 'claude-default',
  promptCaching: { ...CACHING, oneHour: true },
}
const CLAUDE_5_ALWAYS: Can = { ...CLAUDE_5, reasoning: 'claude-always' }
/** From here on a forced tool is refused, too (Anthropic, "What's new in Claude Opus 5.5"). What comes later is taken for such a one. */
const CLAUDE_5_5: Can = { ...CLAUDE_5_ALWAYS, toolChoices: [] }

/** A shorter or longer prefix that its cache starts at, all else alike. */
function cachingFrom(can: Can, tokensMin: number): Can {
  return { ...can, promptCaching: { ...CACHING, oneHour: true, tokensMin } }
}

/**
 * Any and named tools: recordings 17, 18, 766. Images in tool results: 850, 864; a document there is refused (874). Caching in
 * system and messages only, from 1,000 tokens (AWS user guide, "Prompt caching").
 */
const NOVA: Can = {
  family: 'nova',
  promptCaching: { ...CACHING, tokensMin: 1000, tools: false },
  videoTypes: VIDEOS,
  maxOutputTokens: 10_000,
}
const NOVA_2: Can = { ...NOVA, reasoning: 'nova-2', maxOutputTokens: 65_535 }

/**
 * `any` is refused by Llama 3.3 (run-llama/llama_index#19886) and Llama 4 (strands-agents/harness-sdk#1241), text beside tool
 * results by Llama 4 (strands-agents/harness-sdk#1223); images in tool results are not (recording 759). No tools in a stream:
 * earendil-works/pi#3739, obot-platform/obot#4101.
 */
const LLAMA: Can = {
  family: 'llama',
  streamingTools: false,
  toolChoices: [],
  toolResultWithText: false,
  maxOutputTokens: 8192,
}
const LLAMA_WITHOUT_TOOLS: Can = { family: 'llama', ...TEXT_WITHOUT_TOOLS }

/**
 * `any` but no named tool for Mistral Large (service model, ToolChoice; langchain-ai/langchain-aws#620). No tools in a stream:
 * strands-agents/harness-sdk#32. Images in tool results are for Claude, Nova and Llama 4 (can1357/oh-my-pi#11685).
 */
const MISTRAL: Can = {
  family: 'mistral',
  streamingTools: false,
  toolChoices: ['any'],
  toolResultWithText: false,
  toolResultMedia: false,
}
const MISTRAL_TEXT: Can = { ...MISTRAL, ...TEXT, maxOutputTokens: 8192 }
/** The open-weight generation of end 2025: recording 711 has `outputConfig`. */
const MISTRAL_3: Can = { ...MISTRAL, streamingTools: true, structuredOutput: true }

/**
 * `any` is obeyed, a named tool is taken and not obeyed, and `reasoning_effort` turns thinking on
 * (langchain-ai/langchain-aws#1261). No stop sequences, but for R1: langchain-ai/langchain-aws#664.
 */
const DEEPSEEK: Can = {
  family: 'deepseek',
  ...TEXT,
  toolChoices: ['any'],
  toolResultMedia: false,
  reasoning: 'effort',
  structuredOutput: true,
  stopSequences: false,
}

/** `reasoning_config`: recordings 820, 822; `outputConfig`: 716; no stop sequences (langgenius/dify-official-plugins#1767). */
const QWEN: Can = {
  family: 'qwen',
  ...TEXT,
  toolResultMedia: false,
  reasoning: 'config',
  structuredOutput: true,
  stopSequences: false,
}

/** `reasoning_effort`: recordings 818, 821; no stop sequences: crewAIInc/crewAI#3317, #4046. */
const GPT_OSS: Can = {
  family: 'openai',
  ...TEXT,
  toolResultMedia: false,
  reasoning: 'effort',
  structuredOutput: true,
  stopSequences: false,
}
/** `reasoning: {effort}` (anomalyco/opencode#48195, kortix-ai/suna#6893). */
const GPT: Can = { family: 'openai', reasoning: 'nested-effort', structuredOutput: true }

/**
 * Open weights of other makers, with `outputConfig` (recordings 709 and 710 for Gemma and MiniMax; AWS user guide, "Structured
 * outputs", for Kimi, Nemotron and GLM). Those that think do so whatever they are told.
 */
const OPEN_WEIGHTS: Can = { structuredOutput: true, toolResultMedia: false }
const OPEN_THINKING: Can = { ...OPEN_WEIGHTS, reasoning: 'always' }

const COHERE: Can = {
  family: 'cohere',
  ...TEXT,
  toolChoices: [],
  toolResultMedia: false,
  maxOutputTokens: 4096,
}
const AI21: Can = { family: 'ai21', ...TEXT, toolChoices: [], toolResultMedia: false, maxOutputTokens: 4096 }
/** No tools in a stream: langchain-ai/langchain-aws#466. */
const WRITER: Can = {
  family: 'writer',
  ...TEXT,
  streamingTools: false,
  toolChoices: [],
  toolResultMedia: false,
  maxOutputTokens: 8192,
}
const NOT_CHAT: Can = {
  streaming: false,
  systemPrompt: false,
  tools: false,
  toolChoices: [],
  imageTypes: NONE,
  documentTypes: NONE,
}

interface FamilyRule {
  /** Start of the foundation model's id, geo prefix taken off. The first rule that fits counts. */
  readonly prefix: string
  /** Names an exception: what the family is for, whatever the listing's modalities suggest. */
  readonly kind?: ModelKind
  readonly can: Can
}

/**
 * The one table of families: special rows stand before general ones. Sources: the feature table of the Converse API
 * (AWS documentation), the recorded listing's `converse` members, recorded traffic. Where the listing speaks about a
 * model it overrides its row (`capabilitiesOf`).
 */
const FAMILIES: readonly FamilyRule[] = [
  { prefix: 'anthropic.claude-instant', can: { ...CLAUDE, ...TEXT_WITHOUT_TOOLS } },
  { prefix: 'anthropic.claude-v2', can: { ...CLAUDE, ...TEXT_WITHOUT_TOOLS, maxOutputTokens: 4096 } },
  { prefix: 'anthropic.claude-3-7-', can: { ...CLAUDE_THINKING, maxOutputTokens: 64_000 } },
  {
    prefix: 'anthropic.claude-3-5-haiku',
    can: { ...CLAUDE, ...TEXT, promptCaching: { ...CACHING, tokensMin: 2048 }, maxOutputTokens: 8192 },
  },
  { prefix: 'anthropic.claude-3-5-sonnet-20240620', can: { ...CLAUDE, maxOutputTokens: 4096 } },
  { prefix: 'anthropic.claude-3-5-', can: { ...CLAUDE, maxOutputTokens: 8192 } },
  { prefix: 'anthropic.claude-3-', can: { ...CLAUDE, maxOutputTokens: 4096 } },
  // A date follows the 4 of the first ones: 20250514 is no minor version.
  { prefix: 'anthropic.claude-opus-4-20250514', can: { ...CLAUDE_THINKING, maxOutputTokens: 32_000 } },
  { prefix: 'anthropic.claude-sonnet-4-20250514', can: { ...CLAUDE_THINKING, maxOutputTokens: 64_000 } },
  // 4.1, too, takes one of temperature and top_p only (aws-samples/bedrock-chat#979).
  {
    prefix: 'anthropic.claude-opus-4-1-',
    can: { ...CLAUDE_THINKING, sampling: 'either', maxOutputTokens: 32_000 },
  },
  { prefix: 'anthropic.claude-opus-4-5', can: CLAUDE_4_5 },
  // Recordings 738, 743 and 746 cached prefixes of 1,322 to 1,712 tokens.
  { prefix: 'anthropic.claude-sonnet-4-5', can: cachingFrom(CLAUDE_4_5, 1024) },
  { prefix: 'anthropic.claude-haiku-4-5', can: CLAUDE_4_5 },
  { prefix: 'anthropic.claude-opus-4-6', can: CLAUDE_4_6 },
  { prefix: 'anthropic.claude-sonnet-4-6', can: cachingFrom(CLAUDE_4_6, 1024) },
  { prefix: 'anthropic.claude-opus-4-7', can: cachingFrom(CLAUDE_4_7, 2048) },
  { prefix: 'anthropic.claude-opus-4-8', can: cachingFrom(CLAUDE_4_7, 1024) },
  { prefix: 'anthropic.claude-sonnet-5-5', can: { ...CLAUDE_5_5, reasoning: 'claude-between-tools' } },
  { prefix: 'anthropic.claude-sonnet-5', can: CLAUDE_5 },
  { prefix: 'anthropic.claude-opus-5-5', can: cachingFrom(CLAUDE_5_5, 512) },
  { prefix: 'anthropic.claude-opus-5', can: cachingFrom(CLAUDE_5, 512) },
  { prefix: 'anthropic.claude-haiku-5', can: CLAUDE_5 },
  { prefix: 'anthropic.claude-fable-5-1', can: cachingFrom(CLAUDE_5_5, 512) },
  { prefix: 'anthropic.claude-fable-5', can: cachingFrom(CLAUDE_5_ALWAYS, 512) },
  { prefix: 'anthropic.claude-mythos-5-1', can: cachingFrom(CLAUDE_5_5, 512) },
  { prefix: 'anthropic.claude-mythos-', can: cachingFrom(CLAUDE_5_ALWAYS, 512) },
  { prefix: 'anthropic.', can: CLAUDE_5_5 },

  { prefix: 'amazon.nova-canvas', kind: 'image', can: NOT_CHAT },
  { prefix: 'amazon.nova-reel', kind: 'other', can: NOT_CHAT },
  { prefix: 'amazon.nova-sonic', kind: 'other', can: NOT_CHAT },
  { prefix: 'amazon.nova-2-sonic', kind: 'other', can: NOT_CHAT },
  { prefix: 'amazon.nova-2-multimodal-embeddings', kind: 'embedding', can: NOT_CHAT },
  {
    prefix: 'amazon.nova-micro',
    can: { ...NOVA, toolResultMedia: false, imageTypes: NONE, documentTypes: NONE, videoTypes: NONE },
  },
  { prefix: 'amazon.nova-2-', can: NOVA_2 },
  { prefix: 'amazon.nova-', can: NOVA },
  { prefix: 'amazon.titan-embed', kind: 'embedding', can: NOT_CHAT },
  { prefix: 'amazon.titan-image', kind: 'image', can: NOT_CHAT },
  { prefix: 'amazon.rerank', kind: 'rerank', can: NOT_CHAT },
  { prefix: 'amazon.titan-', can: { family: 'titan', ...PLAIN_TEXT } },

  { prefix: 'meta.llama2', can: { ...LLAMA_WITHOUT_TOOLS, maxOutputTokens: 2048 } },
  { prefix: 'meta.llama3-1-', can: { ...LLAMA, ...TEXT } },
  { prefix: 'meta.llama3-2-1b', can: { ...LLAMA_WITHOUT_TOOLS, maxOutputTokens: 8192 } },
  { prefix: 'meta.llama3-2-3b', can: { ...LLAMA_WITHOUT_TOOLS, maxOutputTokens: 8192 } },
  { prefix: 'meta.llama3-2-', can: LLAMA },
  { prefix: 'meta.llama3-3-', can: { ...LLAMA, ...TEXT } },
  { prefix: 'meta.llama3-', can: { ...LLAMA_WITHOUT_TOOLS, maxOutputTokens: 2048 } },
  { prefix: 'meta.llama4-', can: LLAMA },
  { prefix: 'meta.', can: { ...LLAMA, maxOutputTokens: null } },

  { prefix: 'mistral.mistral-7b', can: { family: 'mistral', ...PLAIN_TEXT, maxOutputTokens: 8192 } },
  { prefix: 'mistral.mixtral-8x7b', can: { family: 'mistral', ...PLAIN_TEXT, maxOutputTokens: 4096 } },
  { prefix: 'mistral.mistral-large-24', can: MISTRAL_TEXT },
  { prefix: 'mistral.mistral-small-24', can: { ...MISTRAL_TEXT, toolChoices: [] } },
  { prefix: 'mistral.pixtral-large', can: MISTRAL },
  // Voxtral listens (Mistral's model card); wav and mp3 are what `input_audio` carries.
  { prefix: 'mistral.voxtral', can: { ...MISTRAL_3, ...TEXT, audioTypes: VOXTRAL_AUDIO } },
  { prefix: 'mistral.magistral', can: { ...MISTRAL_3, reasoning: 'always' } },
  { prefix: 'mistral.', can: MISTRAL_3 },

  {
    prefix: 'deepseek.r1',
    can: {
      ...DEEPSEEK,
      ...WITHOUT_TOOLS,
      reasoning: 'always',
      structuredOutput: false,
      stopSequences: true,
      maxOutputTokens: 32_768,
    },
  },
  { prefix: 'deepseek.', can: DEEPSEEK },
  { prefix: 'qwen.qwen3-coder', can: { ...QWEN, reasoning: 'none' } },
  { prefix: 'qwen.qwen3-vl', can: { ...QWEN, imageTypes: IMAGES } },
  { prefix: 'qwen.', can: QWEN },
  { prefix: 'openai.gpt-oss', can: GPT_OSS },
  { prefix: 'openai.', can: GPT },
  { prefix: 'google.', can: OPEN_WEIGHTS },
  { prefix: 'minimax.', can: { ...OPEN_THINKING, ...TEXT } },
  { prefix: 'moonshot.', can: { ...OPEN_THINKING, ...TEXT } },
  { prefix: 'moonshotai.', can: OPEN_THINKING },
  { prefix: 'nvidia.', can: OPEN_THINKING },
  { prefix: 'zai.', can: { ...OPEN_THINKING, ...TEXT } },
  { prefix: 'writer.', can: WRITER },
  { prefix: 'ai21.', can: AI21 },

  { prefix: 'cohere.embed', kind: 'embedding', can: NOT_CHAT },
  { prefix: 'cohere.rerank', kind: 'rerank', can: NOT_CHAT },
  { prefix: 'cohere.command-r', can: COHERE },
  { prefix: 'cohere.command', can: { ...COHERE, ...PLAIN_TEXT } },
  { prefix: 'cohere.', can: { ...COHERE, maxOutputTokens: null } },

  // Image generation and the image services (upscale, inpaint, remove background, …): images in or text in, images out.
  { prefix: 'stability.', kind: 'image', can: NOT_CHAT },
  // Pegasus takes a video with every question and has no Converse access: text out, yet no chat model.
  { prefix: 'twelvelabs.pegasus', kind: 'other', can: NOT_CHAT },
  { prefix: 'twelvelabs.marengo', kind: 'embedding', can: NOT_CHAT },
  { prefix: 'luma.', kind: 'other', can: NOT_CHAT },
]

/** What a listed model is for: the table's exception, else by modalities (a chat model takes TEXT and gives TEXT). */
export function kindOf(model: FoundationModel): ModelKind {
  const exception = ruleOf(model.modelId)?.kind
  if (exception !== undefined) return exception
  const { inputModalities: takes, outputModalities: gives } = model
  if (takes.length === 0 && gives.length === 0) return 'chat'
  if (gives.includes('EMBEDDING')) return 'embedding'
  if (gives.includes('TEXT')) return takes.includes('TEXT') ? 'chat' : 'other'
  return gives.includes('IMAGE') ? 'image' : 'other'
}

/** What a foundation model is for when only its id is known; `chat` for an id (or null) that no rule knows. */
export function kindOfId(foundationId: string | null): ModelKind {
  return (foundationId === null ? undefined : ruleOf(foundationId)?.kind) ?? 'chat'
}

/** What a foundation model can do when only its id is known; permissive for an id (or null) that no rule knows. */
export function capabilitiesOfId(foundationId: string | null): Capabilities {
  const rule = foundationId === null ? undefined : ruleOf(foundationId)
  return rule === undefined ? UNKNOWN : { ...UNKNOWN, ...rule.can }
}

/** What a listed model can do: its family's rule, overridden where the listing says more. */
export function capabilitiesOf(model: FoundationModel): Capabilities {
  const rule = capabilitiesOfId(model.modelId)
  const facts = model.converse
  const isChat = kindOf(model) === 'chat'
  return {
    ...rule,
    streaming: model.streaming,
    systemPrompt: facts?.systemRoleSupported ?? rule.systemPrompt,
    reasoning: reasoningOf(facts?.reasoningSupported ?? null, rule.reasoning),
    promptCaching:
      model.promptCaching === false ? null : (rule.promptCaching ?? (model.promptCaching ? CACHING : null)),
    imageTypes: isChat
      ? mediaTypes(model, 'IMAGE', [facts?.userImageTypes ?? NONE, rule.imageTypes, IMAGES])
      : NONE,
    // An empty or short list of document types is no refusal: Claude's row is empty, and Claude reads documents.
    documentTypes: union(rule.documentTypes, facts?.userDocumentTypes ?? NONE),
    videoTypes: isChat
      ? mediaTypes(model, 'VIDEO', [facts?.userVideoTypes ?? NONE, rule.videoTypes, VIDEOS])
      : NONE,
    maxOutputTokens: facts?.maxTokensMaximum ?? rule.maxOutputTokens,
  }
}

/** The listing says whether, the family's row says how. */
function reasoningOf(listed: boolean | null, style: ReasoningStyle): ReasoningStyle {
  if (listed === false) return 'none'
  return listed === true && style === 'none' ? 'always' : style
}

function ruleOf(foundationId: string): FamilyRule | undefined {
  return FAMILIES.find((rule) => foundationId.startsWith(rule.prefix))
}

/** The types that the row names; else, where its modalities name the medium, the family's, else all; else none. */
function mediaTypes(
  model: FoundationModel,
  modality: string,
  [listed, family, all]: readonly [readonly string[], readonly string[], readonly string[]],
): readonly string[] {
  if (listed.length > 0) return listed
  if (model.inputModalities.length === 0) return family
  if (!model.inputModalities.includes(modality)) return NONE
  return family.length > 0 ? family : all
}

function union(first: readonly string[], second: readonly string[]): readonly string[] {
  return second.every((type) => first.includes(type)) ? first : [...new Set([...first, ...second])]
}
