/**
 * Members of a chat request that clients really send and that have no field of their own in `ChatRequest`: they stay in
 * `others`, and `translate/parameter-table.ts` says of each what becomes of it. In `extra_body` these names mean the
 * parameter; every name that is not here goes to the model as it is.
 * OpenAI's CreateChatCompletionRequest; Open WebUI's and Ollama's options (openwebui-contract §2).
 */
export const OTHER_PARAMETERS = [
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'store',
  'modalities',
  'audio',
  'prediction',
  'verbosity',
  'web_search_options',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'min_p',
  'repeat_penalty',
  'repeat_last_n',
  'tfs_z',
  'num_ctx',
  'num_predict',
  'num_keep',
  'num_batch',
  'num_thread',
  'num_gpu',
  'use_mmap',
  'use_mlock',
  'mirostat',
  'mirostat_eta',
  'mirostat_tau',
  'keep_alive',
  'format',
] as const

export type OtherParameter = (typeof OTHER_PARAMETERS)[number]
