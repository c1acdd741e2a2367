import { promptCacheTokensMin } from './model-traits.js'

/** One row of a ListFoundationModels reply, raw body: undocumented members are kept. */
export interface ModelRow {
  readonly modelArn: string
  readonly modelId: string
  readonly modelName?: string
  readonly providerName?: string
  readonly inputModalities?: readonly string[]
  readonly outputModalities?: readonly string[]
  readonly inferenceTypesSupported?: readonly string[]
  readonly responseStreamingSupported?: boolean
  readonly modelLifecycle?: { readonly status: string }
  readonly converse?: unknown
}

/** One row of a ListInferenceProfiles reply. */
export interface ProfileRow {
  readonly inferenceProfileId: string
  readonly inferenceProfileArn: string
  readonly inferenceProfileName: string
  readonly type: 'SYSTEM_DEFINED' | 'APPLICATION'
  readonly status: string
  readonly models: readonly { readonly modelArn: string }[]
}

/** What one region lists. */
export interface Catalogue {
  readonly models: readonly ModelRow[]
  readonly profiles: readonly ProfileRow[]
}

const ACCOUNT = '123456789012'
const CREATED_AT = '2025-10-01T00:00:00Z'

interface Template {
  readonly id: string
  readonly name: string
  readonly provider: string
  readonly input?: readonly string[]
  readonly output?: readonly string[]
  readonly access: readonly string[]
  readonly streaming?: boolean
  readonly lifecycle?: string
  /** Undocumented `converse` member: output limit, image formats, reasoning. Absent: null on the wire. */
  readonly converse?: { readonly maxTokens: number; readonly images?: boolean; readonly reasoning?: boolean }
}

const ON_DEMAND = ['ON_DEMAND']
const PROFILE_ONLY = ['INFERENCE_PROFILE']
const BOTH = ['ON_DEMAND', 'INFERENCE_PROFILE']
const SEES = ['TEXT', 'IMAGE']
const WATCHES = ['TEXT', 'IMAGE', 'VIDEO']

function embedding(facts: Omit<Template, 'access'> & { readonly access?: readonly string[] }): Template {
  return { access: ON_DEMAND, ...facts, output: ['EMBEDDING'], streaming: false }
}

// Written for this project: ids and access paths as they stand in public listings (bedrock-facts C8), one or two of each kind.
const TEMPLATES: readonly Template[] = [
  {
    id: 'anthropic.claude-3-haiku-20240307-v1:0',
    name: 'Claude 3 Haiku',
    provider: 'Anthropic',
    input: SEES,
    access: ON_DEMAND,
  },
  {
    id: 'anthropic.claude-3-haiku-20240307-v1:0:48k',
    name: 'Claude 3 Haiku',
    provider: 'Anthropic',
    input: SEES,
    access: ['PROVISIONED'],
  },
  {
    id: 'anthropic.claude-3-7-sonnet-20250219-v1:0',
    name: 'Claude 3.7 Sonnet',
    provider: 'Anthropic',
    input: SEES,
    access: PROFILE_ONLY,
    lifecycle: 'LEGACY',
  },
  {
    id: 'anthropic.claude-sonnet-4-20250514-v1:0',
    name: 'Claude Sonnet 4',
    provider: 'Anthropic',
    input: SEES,
    access: PROFILE_ONLY,
  },
  {
    id: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    name: 'Claude Sonnet 4.5',
    provider: 'Anthropic',
    input: SEES,
    access: PROFILE_ONLY,
    converse: { maxTokens: 64000, images: true, reasoning: true },
  },
  {
    id: 'anthropic.claude-haiku-4-5-20251001-v1:0',
    name: 'Claude Haiku 4.5',
    provider: 'Anthropic',
    input: SEES,
    access: PROFILE_ONLY,
    converse: { maxTokens: 64000, images: true, reasoning: true },
  },
  {
    id: 'anthropic.claude-opus-4-5-20251101-v1:0',
    name: 'Claude Opus 4.5',
    provider: 'Anthropic',
    input: SEES,
    access: PROFILE_ONLY,
    converse: { maxTokens: 64000, images: true, reasoning: true },
  },
  {
    id: 'anthropic.claude-opus-4-6-v1',
    name: 'Claude Opus 4.6',
    provider: 'Anthropic',
    input: SEES,
    access: PROFILE_ONLY,
    converse: { maxTokens: 128000, images: true, reasoning: true },
  },
  {
    id: 'anthropic.claude-sonnet-4-6',
    name: 'Claude Sonnet 4.6',
    provider: 'Anthropic',
    input: SEES,
    access: PROFILE_ONLY,
    converse: { maxTokens: 64000, images: true, reasoning: true },
  },
  {
    id: 'anthropic.claude-opus-4-7',
    name: 'Claude Opus 4.7',
    provider: 'Anthropic',
    input: SEES,
    access: PROFILE_ONLY,
    converse: { maxTokens: 128000, images: true, reasoning: true },
  },
  { id: 'amazon.nova-micro-v1:0', name: 'Nova Micro', provider: 'Amazon', access: BOTH },
  { id: 'amazon.nova-lite-v1:0', name: 'Nova Lite', provider: 'Amazon', input: WATCHES, access: BOTH },
  {
    id: 'amazon.nova-lite-v1:0:24k',
    name: 'Nova Lite',
    provider: 'Amazon',
    input: WATCHES,
    access: ['PROVISIONED'],
  },
  { id: 'amazon.nova-pro-v1:0', name: 'Nova Pro', provider: 'Amazon', input: WATCHES, access: BOTH },
  {
    id: 'amazon.nova-2-lite-v1:0',
    name: 'Nova 2 Lite',
    provider: 'Amazon',
    input: WATCHES,
    access: PROFILE_ONLY,
    converse: { maxTokens: 65535, images: true, reasoning: true },
  },
  {
    id: 'amazon.titan-text-express-v1',
    name: 'Titan Text G1 - Express',
    provider: 'Amazon',
    access: ON_DEMAND,
    lifecycle: 'LEGACY',
  },
  {
    id: 'meta.llama3-3-70b-instruct-v1:0',
    name: 'Llama 3.3 70B Instruct',
    provider: 'Meta',
    access: PROFILE_ONLY,
  },
  {
    id: 'meta.llama4-maverick-17b-instruct-v1:0',
    name: 'Llama 4 Maverick 17B Instruct',
    provider: 'Meta',
    input: SEES,
    access: PROFILE_ONLY,
  },
  { id: 'meta.llama3-8b-instruct-v1:0', name: 'Llama 3 8B Instruct', provider: 'Meta', access: ON_DEMAND },
  {
    id: 'mistral.mistral-large-3-675b-instruct',
    name: 'Mistral Large 3',
    provider: 'Mistral AI',
    input: SEES,
    access: ON_DEMAND,
    converse: { maxTokens: 262144, images: true },
  },
  {
    id: 'mistral.mistral-large-2402-v1:0',
    name: 'Mistral Large (24.02)',
    provider: 'Mistral AI',
    access: ON_DEMAND,
  },
  {
    id: 'mistral.pixtral-large-2502-v1:0',
    name: 'Pixtral Large (25.02)',
    provider: 'Mistral AI',
    input: SEES,
    access: PROFILE_ONLY,
  },
  {
    id: 'openai.gpt-oss-120b-1:0',
    name: 'gpt-oss-120b',
    provider: 'OpenAI',
    access: ON_DEMAND,
    converse: { maxTokens: 128000, reasoning: true },
  },
  {
    id: 'openai.gpt-oss-20b-1:0',
    name: 'gpt-oss-20b',
    provider: 'OpenAI',
    access: ON_DEMAND,
    converse: { maxTokens: 128000, reasoning: true },
  },
  {
    id: 'openai.gpt-oss-safeguard-20b',
    name: 'gpt-oss-safeguard-20b',
    provider: 'OpenAI',
    access: ON_DEMAND,
    converse: { maxTokens: 128000, reasoning: true },
  },
  {
    id: 'qwen.qwen3-32b-v1:0',
    name: 'Qwen3 32B (dense)',
    provider: 'Qwen',
    access: ON_DEMAND,
    converse: { maxTokens: 32768, reasoning: true },
  },
  {
    id: 'deepseek.v3-v1:0',
    name: 'DeepSeek-V3.1',
    provider: 'DeepSeek',
    access: ON_DEMAND,
    converse: { maxTokens: 32768, reasoning: true },
  },
  { id: 'deepseek.r1-v1:0', name: 'DeepSeek-R1', provider: 'DeepSeek', access: PROFILE_ONLY },
  embedding({ id: 'amazon.titan-embed-text-v1', name: 'Titan Embeddings G1 - Text', provider: 'Amazon' }),
  embedding({ id: 'amazon.titan-embed-text-v2:0', name: 'Titan Text Embeddings V2', provider: 'Amazon' }),
  embedding({
    id: 'amazon.titan-embed-text-v2:0:8k',
    name: 'Titan Text Embeddings V2',
    provider: 'Amazon',
    access: [],
  }),
  embedding({
    id: 'amazon.titan-embed-image-v1',
    name: 'Titan Multimodal Embeddings G1',
    provider: 'Amazon',
    input: SEES,
  }),
  embedding({
    id: 'amazon.nova-2-multimodal-embeddings-v1:0',
    name: 'Amazon Nova Multimodal Embeddings',
    provider: 'Amazon',
    input: ['TEXT', 'IMAGE', 'AUDIO', 'VIDEO'],
  }),
  embedding({ id: 'cohere.embed-english-v3', name: 'Embed English', provider: 'Cohere' }),
  embedding({ id: 'cohere.embed-multilingual-v3', name: 'Embed Multilingual', provider: 'Cohere' }),
  embedding({ id: 'cohere.embed-v4:0', name: 'Embed v4', provider: 'Cohere', input: SEES, access: BOTH }),
  embedding({
    id: 'twelvelabs.marengo-embed-2-7-v1:0',
    name: 'Marengo Embed v2.7',
    provider: 'TwelveLabs',
    input: ['TEXT', 'IMAGE', 'SPEECH', 'VIDEO'],
    access: PROFILE_ONLY,
  }),
  { id: 'cohere.rerank-v3-5:0', name: 'Rerank 3.5', provider: 'Cohere', access: ON_DEMAND, streaming: false },
  // Not in us-east-1 in truth, and so in no recorded listing (genkit-ai/aws-bedrock-go-plugin#190).
  { id: 'amazon.rerank-v1:0', name: 'Rerank 1.0', provider: 'Amazon', access: ON_DEMAND, streaming: false },
  stableService('stable-image-inpaint', 'Stable Image Inpaint'),
  stableService('stable-image-erase-object', 'Stable Image Erase Object'),
  stableService('stable-outpaint', 'Stable Image Outpaint'),
  stableService('stable-image-search-replace', 'Stable Image Search and Replace'),
  stableService('stable-image-search-recolor', 'Stable Image Search and Recolor'),
  stableService('stable-image-remove-background', 'Stable Image Remove Background'),
  stableService('stable-image-control-sketch', 'Stable Image Control Sketch'),
  stableService('stable-image-control-structure', 'Stable Image Control Structure'),
  stableService('stable-image-style-guide', 'Stable Image Style Guide'),
  stableService('stable-style-transfer', 'Stable Image Style Transfer'),
  stableService('stable-creative-upscale', 'Stable Image Creative Upscale'),
  stableService('stable-conservative-upscale', 'Stable Image Conservative Upscale'),
  stableService('stable-fast-upscale', 'Stable Image Fast Upscale'),
  {
    id: 'amazon.nova-canvas-v1:0',
    name: 'Nova Canvas',
    provider: 'Amazon',
    input: SEES,
    output: ['IMAGE'],
    access: ['ON_DEMAND', 'PROVISIONED'],
    streaming: false,
  },
  {
    id: 'amazon.titan-image-generator-v2:0',
    name: 'Titan Image Generator G1 v2',
    provider: 'Amazon',
    input: SEES,
    output: ['IMAGE'],
    access: ['PROVISIONED', 'ON_DEMAND'],
    streaming: false,
  },
  {
    id: 'stability.sd3-5-large-v1:0',
    name: 'Stable Diffusion 3.5 Large',
    provider: 'Stability AI',
    input: SEES,
    output: ['IMAGE'],
    access: ON_DEMAND,
    streaming: false,
  },
  {
    id: 'stability.stable-image-core-v1:1',
    name: 'Stable Image Core 1.0',
    provider: 'Stability AI',
    output: ['IMAGE'],
    access: ON_DEMAND,
    streaming: false,
  },
  {
    id: 'stability.stable-image-ultra-v1:1',
    name: 'Stable Image Ultra 1.0',
    provider: 'Stability AI',
    output: ['IMAGE'],
    access: ON_DEMAND,
    streaming: false,
  },
]

/** Ids that answer 404 because their life has ended; no longer listed (recording 13). */
export const RETIRED_MODEL_IDS: readonly string[] = ['anthropic.claude-3-5-sonnet-20240620-v1:0']

// Recording list-foundation-models.us-east-1.2025-12-31: all thirteen are listed alike, with profiles as the only way in.
function stableService(part: string, name: string): Template {
  return {
    id: `stability.${part}-v1:0`,
    name,
    provider: 'Stability AI',
    input: SEES,
    output: ['IMAGE'],
    access: PROFILE_ONLY,
    streaming: false,
  }
}

/** The listing of one region. `modelsCount` above the built-in number adds numbered on-demand chat models. */
export function buildCatalogue(region: string, options: { readonly modelsCount?: number } = {}): Catalogue {
  const count = options.modelsCount ?? TEMPLATES.length
  const templates = [...TEMPLATES.slice(0, count), ...fillers(count - TEMPLATES.length)]
  const profiled = templates.filter((template) => template.access.includes('INFERENCE_PROFILE'))
  return {
    models: templates.map((template) => toModelRow(template, region)),
    profiles: [
      ...profiled.map((template) => geographicProfile(template, region)),
      ...profiled.filter(isGlobal).map((template) => globalProfile(template, region)),
      ...applicationProfiles(profiled, region),
    ],
  }
}

function fillers(count: number): readonly Template[] {
  return Array.from({ length: Math.max(0, count) }, (_, index) => {
    const number = String(index + 1).padStart(3, '0')
    return {
      id: `emulated.chat-${number}-v1:0`,
      name: `Emulated Chat ${number}`,
      provider: 'Emulated',
      access: ON_DEMAND,
    }
  })
}

function toModelRow(template: Template, region: string): ModelRow & Record<string, unknown> {
  return {
    batchSupported: null,
    consoleIDEMetadata: null,
    converse: toConverse(template),
    customizationsSupported: [],
    description: null,
    // In recording list-foundation-models.us-east-1.2025-12-31 false for Claude 3 and the first 3.5, true from then on.
    explicitPromptCaching: { isSupported: promptCacheTokensMin(template.id) !== null },
    featuresSupported: null,
    guardrailsSupported: true,
    inferenceTypesSupported: template.access,
    inputModalities: template.input ?? ['TEXT'],
    intelligentPromptRouting: { isSupported: false },
    latencyOptimizationSupported: null,
    modelArn: modelArn(template, region),
    modelFamily: null,
    modelId: template.id,
    modelLifecycle: { status: template.lifecycle ?? 'ACTIVE' },
    modelName: template.name,
    outputModalities: template.output ?? ['TEXT'],
    providerName: template.provider,
    responseStreamingSupported: template.streaming ?? true,
  }
}

function toConverse(template: Template): unknown {
  const facts = template.converse
  if (facts === undefined) return null
  return {
    additionalRequestFieldsSchema: '{}',
    maxTokensDefault: null,
    maxTokensMaximum: facts.maxTokens,
    reasoningSupported: facts.reasoning === true ? { embedded: false } : null,
    stopSequencesDefault: null,
    systemRoleSupported: true,
    userDocumentTypesSupported: [],
    userImageTypesSupported: facts.images === true ? ['jpeg', 'png', 'gif', 'webp'] : [],
    userVideoTypesSupported: [],
  }
}

function geographicProfile(template: Template, region: string): ProfileRow {
  const prefix = geography(region)
  return profile(template, region, {
    id: `${prefix}.${template.id}`,
    name: `${prefix.toUpperCase()} ${template.name}`,
    modelArns: [modelArn(template, region), modelArn(template, prefix === 'us' ? 'us-west-2' : region)],
  })
}

// A global profile lists the region's own ARN and one with an empty region (bedrock-facts C8).
function globalProfile(template: Template, region: string): ProfileRow {
  return profile(template, region, {
    id: `global.${template.id}`,
    name: `Global ${template.name}`,
    modelArns: [modelArn(template, ''), modelArn(template, region)],
  })
}

// Ids of application profiles are opaque, twelve characters (recording 160).
function applicationProfiles(profiled: readonly Template[], region: string): readonly ProfileRow[] {
  const names = [
    { part: 'claude-haiku-4-5', id: 'a1b2c3d4e5f6', name: 'team-research' },
    { part: 'nova-pro', id: 'f6e5d4c3b2a1', name: 'team-support' },
  ]
  return names.flatMap(({ part, id, name }) => {
    const template = profiled.find((candidate) => candidate.id.includes(part))
    if (template === undefined) return []
    const arn = `arn:aws:bedrock:${region}:${ACCOUNT}:application-inference-profile/${id}`
    const row = profile(template, region, { id, name, modelArns: [modelArn(template, region)] })
    return [{ ...row, inferenceProfileArn: arn, type: 'APPLICATION' as const }]
  })
}

function profile(
  template: Template,
  region: string,
  facts: { id: string; name: string; modelArns: readonly string[] },
): ProfileRow & Record<string, unknown> {
  return {
    inferenceProfileName: facts.name,
    description: `Routes requests to ${template.name.replaceAll(/[()]/g, '')}`,
    createdAt: CREATED_AT,
    updatedAt: CREATED_AT,
    inferenceProfileArn: `arn:aws:bedrock:${region}:${ACCOUNT}:inference-profile/${facts.id}`,
    models: [...new Set(facts.modelArns)].map((arn) => ({ modelArn: arn })),
    inferenceProfileId: facts.id,
    status: 'ACTIVE',
    type: 'SYSTEM_DEFINED',
  }
}

function isGlobal(template: Template): boolean {
  return /claude-(sonnet-4|haiku-4-5|opus-4-[567])|nova-2|embed-v4/.test(template.id)
}

function modelArn(template: Template, region: string): string {
  return `arn:aws:bedrock:${region}::foundation-model/${template.id}`
}

// The prefix is no function of the region's name alone (bedrock-facts C8): il- uses eu., ca- uses us. for most models.
function geography(region: string): string {
  if (region === 'ap-northeast-1' || region === 'ap-northeast-3') return 'jp'
  if (['ap-southeast-2', 'ap-southeast-4', 'ap-southeast-6'].includes(region)) return 'au'
  if (region.startsWith('ap-')) return 'apac'
  if (region.startsWith('eu-') || region.startsWith('il-')) return 'eu'
  return 'us'
}
