import type { Capabilities, FoundationModel, ModelKind, PromptCaching, ReasoningStyle } from './types.js'

const IMAGES = ['png', 'jpeg', 'gif', 'webp'] as const
const DOCUMENTS = ['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'] as const
const VIDEOS = ['mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp'] as const
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

const TEXT: Partial<Capabilities> = { imageTypes: NONE }
const TEXT_REASONING: Partial<Capabilities> = { imageTypes: NONE, reasoning: 'always' }
const TEXT_WITHOUT_TOOLS: Partial<Capabilities> = { imageTypes: NONE, tools: false }
const PLAIN_TEXT: Partial<Capabilities> = { imageTypes: NONE, tools: false, systemPrompt: false }
const CLAUDE: Partial<Capabilities> = { family: 'claude', promptCaching: CACHING }
const NOVA: Partial<Capabilities> = {
  family: 'nova',
  promptCaching: CACHING,
  videoTypes: VIDEOS,
  maxOutputTokens: 10_000,
}
const NOT_CHAT: Partial<Capabilities> = {
  streaming: false,
  systemPrompt: false,
  tools: false,
  imageTypes: NONE,
  documentTypes: NONE,
}

interface FamilyRule {
  /** Start of the foundation model's id, geo prefix taken off. The first rule that fits counts. */
  readonly prefix: string
  /** Names an exception: what the family is for, whatever the listing's modalities suggest. */
  readonly kind?: ModelKind
  readonly can: Partial<Capabilities>
}

/**
 * The one table of families: special rows stand before general ones. Sources: the feature table of the Converse API
 * (AWS documentation), the recorded listing's `converse` members, recorded traffic. Where the listing speaks about a
 * model it overrides its row (`capabilitiesOf`).
 */
const FAMILIES: readonly FamilyRule[] = [
  { prefix: 'anthropic.claude-instant', can: TEXT_WITHOUT_TOOLS },
  { prefix: 'anthropic.claude-v2', can: { ...TEXT_WITHOUT_TOOLS, maxOutputTokens: 4096 } },
  {
    prefix: 'anthropic.claude-3-7-',
    can: { ...CLAUDE, reasoning: 'claude-budget', maxOutputTokens: 64_000 },
  },
  { prefix: 'anthropic.claude-3-5-haiku', can: { ...TEXT, promptCaching: CACHING, maxOutputTokens: 8192 } },
  { prefix: 'anthropic.claude-3-5-sonnet-20240620', can: { maxOutputTokens: 4096 } },
  { prefix: 'anthropic.claude-3-5-', can: { maxOutputTokens: 8192 } },
  { prefix: 'anthropic.claude-3-', can: { maxOutputTokens: 4096 } },
  {
    prefix: 'anthropic.claude-opus-4-20250514',
    can: { ...CLAUDE, reasoning: 'claude-budget', maxOutputTokens: 32_000 },
  },
  {
    prefix: 'anthropic.claude-opus-4-1-',
    can: { ...CLAUDE, reasoning: 'claude-budget', maxOutputTokens: 32_000 },
  },
  {
    prefix: 'anthropic.claude-sonnet-4-',
    can: { ...CLAUDE, reasoning: 'claude-budget', maxOutputTokens: 64_000 },
  },
  {
    prefix: 'anthropic.claude-haiku-4-5',
    can: { ...CLAUDE, reasoning: 'claude-budget', maxOutputTokens: 64_000 },
  },
  {
    prefix: 'anthropic.claude-opus-4-5',
    can: { ...CLAUDE, reasoning: 'claude-budget', maxOutputTokens: 64_000 },
  },
  { prefix: 'anthropic.', can: { ...CLAUDE, reasoning: 'claude-budget' } },

  { prefix: 'amazon.nova-canvas', kind: 'image', can: NOT_CHAT },
  { prefix: 'amazon.nova-reel', kind: 'other', can: NOT_CHAT },
  { prefix: 'amazon.nova-sonic', kind: 'other', can: NOT_CHAT },
  { prefix: 'amazon.nova-2-sonic', kind: 'other', can: NOT_CHAT },
  { prefix: 'amazon.nova-2-multimodal-embeddings', kind: 'embedding', can: NOT_CHAT },
  { prefix: 'amazon.nova-micro', can: { ...NOVA, imageTypes: NONE, documentTypes: NONE, videoTypes: NONE } },
  { prefix: 'amazon.nova-2-', can: { ...NOVA, reasoning: 'nova-2', maxOutputTokens: 65_535 } },
  { prefix: 'amazon.nova-', can: NOVA },
  { prefix: 'amazon.titan-embed', kind: 'embedding', can: NOT_CHAT },
  { prefix: 'amazon.titan-image', kind: 'image', can: NOT_CHAT },
  { prefix: 'amazon.rerank', kind: 'rerank', can: NOT_CHAT },
  { prefix: 'amazon.titan-', can: PLAIN_TEXT },

  { prefix: 'meta.llama2', can: { ...TEXT_WITHOUT_TOOLS, maxOutputTokens: 2048 } },
  { prefix: 'meta.llama3-1-', can: { ...TEXT, maxOutputTokens: 8192 } },
  { prefix: 'meta.llama3-2-1b', can: { ...TEXT_WITHOUT_TOOLS, maxOutputTokens: 8192 } },
  { prefix: 'meta.llama3-2-3b', can: { ...TEXT_WITHOUT_TOOLS, maxOutputTokens: 8192 } },
  { prefix: 'meta.llama3-2-', can: { maxOutputTokens: 8192 } },
  { prefix: 'meta.llama3-3-', can: { ...TEXT, maxOutputTokens: 8192 } },
  { prefix: 'meta.llama3-', can: { ...TEXT_WITHOUT_TOOLS, maxOutputTokens: 2048 } },
  { prefix: 'meta.llama4-', can: { maxOutputTokens: 8192 } },
  { prefix: 'meta.', can: {} },

  { prefix: 'mistral.mistral-7b', can: { ...PLAIN_TEXT, maxOutputTokens: 8192 } },
  { prefix: 'mistral.mixtral-8x7b', can: { ...PLAIN_TEXT, maxOutputTokens: 4096 } },
  { prefix: 'mistral.mistral-large-2402', can: { ...TEXT, maxOutputTokens: 8192 } },
  { prefix: 'mistral.mistral-large-2407', can: { ...TEXT, maxOutputTokens: 8192 } },
  { prefix: 'mistral.mistral-small-2402', can: { ...TEXT, maxOutputTokens: 8192 } },
  { prefix: 'mistral.voxtral', can: TEXT },
  { prefix: 'mistral.magistral', can: { reasoning: 'always' } },
  { prefix: 'mistral.', can: {} },

  { prefix: 'deepseek.r1', can: { ...TEXT_REASONING, tools: false, maxOutputTokens: 32_768 } },
  { prefix: 'deepseek.', can: TEXT_REASONING },
  { prefix: 'qwen.qwen3-coder', can: TEXT },
  { prefix: 'qwen.qwen3-vl', can: { reasoning: 'always' } },
  { prefix: 'qwen.', can: TEXT_REASONING },
  { prefix: 'openai.', can: TEXT_REASONING },
  { prefix: 'google.', can: {} },
  { prefix: 'minimax.', can: TEXT_REASONING },
  { prefix: 'moonshot.', can: TEXT_REASONING },
  { prefix: 'moonshotai.', can: { reasoning: 'always' } },
  { prefix: 'nvidia.', can: { reasoning: 'always' } },
  { prefix: 'zai.', can: TEXT_REASONING },
  { prefix: 'writer.', can: { ...TEXT, maxOutputTokens: 8192 } },
  { prefix: 'ai21.', can: { ...TEXT, maxOutputTokens: 4096 } },

  { prefix: 'cohere.embed', kind: 'embedding', can: NOT_CHAT },
  { prefix: 'cohere.rerank', kind: 'rerank', can: NOT_CHAT },
  { prefix: 'cohere.command-r', can: { ...TEXT, maxOutputTokens: 4096 } },
  { prefix: 'cohere.command', can: { ...PLAIN_TEXT, maxOutputTokens: 4096 } },
  { prefix: 'cohere.', can: TEXT },

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
