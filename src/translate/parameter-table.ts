import type { ModelFamily } from '../catalog/types.js'
import type { OtherParameter } from '../openai/other-parameters.js'

/** What becomes of one parameter. A family that is not named does not take it. */
export interface ParameterRule {
  /** Where it goes in `additionalModelRequestFields`, by family: a path. */
  readonly path: Partial<Record<ModelFamily, readonly [string, ...string[]]>>
  /** The largest value a family takes; what is above becomes it. */
  readonly most?: Partial<Record<ModelFamily, number>>
  /** Asking for this is asking for what happens anyway: nobody is told that it was left out. */
  readonly neutral?: unknown
}

const NOWHERE = {} as const

/**
 * Every known parameter without a field in `inferenceConfig`. Sources: recordings 823 (Claude), 824 and 1002 (Nova); the
 * listing's `additionalRequestFieldsSchema` for the largest top_k; the fields that gpt-oss itself lists when it refuses one
 * (BerriAI/litellm#13959); AWS user guide, "Inference request parameters" for Cohere Command R, AI21 Jamba and Writer Palmyra.
 * Llama's and Mistral's chat schemas there have nothing of the kind.
 */
const PARAMETER_RULES = {
  top_k: {
    path: { claude: ['top_k'], nova: ['inferenceConfig', 'topK'], cohere: ['k'] },
    most: { claude: 500, nova: 100, cohere: 500 },
  },
  seed: { path: { openai: ['seed'], cohere: ['seed'], writer: ['seed'] } },
  frequency_penalty: {
    path: {
      openai: ['frequency_penalty'],
      cohere: ['frequency_penalty'],
      ai21: ['frequency_penalty'],
      writer: ['frequency_penalty'],
    },
    // Cohere's reaches from 0 to 1, OpenAI's from -2 to 2.
    most: { cohere: 1 },
    neutral: 0,
  },
  presence_penalty: {
    path: {
      openai: ['presence_penalty'],
      cohere: ['presence_penalty'],
      ai21: ['presence_penalty'],
      writer: ['presence_penalty'],
    },
    most: { cohere: 1 },
    neutral: 0,
  },
  logit_bias: { path: { openai: ['logit_bias'] } },
  // The reply of Converse has no place for probabilities.
  logprobs: { path: NOWHERE, neutral: false },
  top_logprobs: { path: NOWHERE, neutral: 0 },
  // Bedrock keeps nothing of a Converse call.
  store: { path: NOWHERE, neutral: false },
  modalities: { path: NOWHERE },
  audio: { path: NOWHERE },
  prediction: { path: NOWHERE },
  verbosity: { path: NOWHERE, neutral: 'medium' },
  web_search_options: { path: NOWHERE },
  prompt_cache_key: { path: NOWHERE },
  prompt_cache_retention: { path: NOWHERE },
  safety_identifier: { path: NOWHERE },
  min_p: { path: NOWHERE, neutral: 0 },
  repeat_penalty: { path: NOWHERE, neutral: 1 },
  repeat_last_n: { path: NOWHERE },
  tfs_z: { path: NOWHERE, neutral: 1 },
  // How a local runner is set up.
  num_ctx: { path: NOWHERE },
  num_predict: { path: NOWHERE },
  num_keep: { path: NOWHERE },
  num_batch: { path: NOWHERE },
  num_thread: { path: NOWHERE },
  num_gpu: { path: NOWHERE },
  use_mmap: { path: NOWHERE },
  use_mlock: { path: NOWHERE },
  mirostat: { path: NOWHERE, neutral: 0 },
  mirostat_eta: { path: NOWHERE },
  mirostat_tau: { path: NOWHERE },
  keep_alive: { path: NOWHERE },
  format: { path: NOWHERE },
} as const satisfies Record<OtherParameter | 'top_k', ParameterRule>

/** The rule for a member of a request; null: nobody here knows it. */
export function ruleOf(name: string): ParameterRule | null {
  return Object.hasOwn(PARAMETER_RULES, name) ? PARAMETER_RULES[name as keyof typeof PARAMETER_RULES] : null
}
