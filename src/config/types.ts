import type { AliasDefaults } from '../catalog/types.js'
import type { CacheTtl, Guardrail, PromptCachingMode } from '../openai/types.js'

/** One TCP address to listen on. */
export interface Address {
  /** IPv4, IPv6 without brackets, or a host name. */
  readonly host: string
  /** 0: any free port. */
  readonly port: number
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** What a client may call a model: an alias from the YAML file or from LiteLLM's `model_list`. */
export interface ModelAlias {
  readonly name: string
  /** Model id, profile id or ARN, LiteLLM prefixes (`bedrock/`, `bedrock/converse/`) taken off. */
  readonly model: string
  /** Regions to look in, first preferred; empty: the configured ones. */
  readonly regions: readonly string[]
  readonly defaults: AliasDefaults
}

/** An alias that is only another name. */
export const NO_DEFAULTS: AliasDefaults = { parameters: {}, systemPrompt: null, guardrail: null }

/** Every setting, parsed and complete. Seconds may be fractional; bytes and counts are whole. */
export interface Config {
  readonly listen: Address
  readonly imagesListen: Address | null
  readonly metricsListen: Address | null
  readonly adminSocket: string
  readonly reusePort: boolean
  readonly apiKeys: readonly string[]
  /** `/v1`, `/api/v1` and what `API_ROUTE_PREFIX` adds; no trailing slash. */
  readonly routePrefixes: readonly string[]
  readonly stateDir: string
  /** First is preferred; never empty. Regions that only an alias names stand at the end. */
  readonly regions: readonly string[]
  readonly modelRefreshSeconds: number
  /** A refresh of one region may take this long. */
  readonly refreshDeadlineSeconds: number
  readonly firstRefreshWaitSeconds: number
  readonly modelsLegacy: boolean
  /** Globs (`*` any run of characters, `?` any one); empty: everything is allowed. */
  readonly modelsAllow: readonly string[]
  readonly modelsDeny: readonly string[]
  readonly crossRegionInference: boolean
  readonly applicationInferenceProfiles: boolean
  readonly aliases: readonly ModelAlias[]
  /** What `gpt-*` names resolve to. */
  readonly defaultModel: string | null
  readonly defaultEmbeddingModel: string | null
  /** What `dall-e-*` and `gpt-image-*` names resolve to; null: the first listed of `src/catalog/image-names.ts`. */
  readonly defaultImageModel: string | null
  readonly defaultImageEditModel: string | null
  readonly defaultRerankModel: string | null
  readonly promptCaching: PromptCachingMode
  readonly promptCacheTtl: CacheTtl
  /** 0: the model's own. */
  readonly outputTokensDefault: number
  readonly choicesMax: number
  readonly dropParams: boolean
  readonly guardrail: Guardrail | null
  readonly guardrailRequired: boolean
  readonly toolRoundErrorsInStream: boolean
  readonly reasoningKeepSeconds: number
  readonly reasoningKeepBytesMax: number
  readonly fetchUrls: boolean
  readonly fetchSeconds: number
  readonly fetchBytesMax: number
  readonly mantle: boolean
  readonly imagesMax: number
  readonly imageCallsMax: number
  readonly imageRequestsMax: number
  readonly imagesInChat: boolean
  readonly chatImageBytesMax: number
  readonly imageLinkSeconds: number
  readonly imageLinkBytesMax: number
  /** Without a trailing slash; null: as the request's `Host` says. */
  readonly publicUrl: string | null
  readonly embeddingInputsMax: number
  readonly embeddingCallsMax: number
  readonly embeddingWaitSeconds: number
  readonly logLevel: LogLevel
  /** `['*']`: any origin; empty: no CORS. */
  readonly allowedOrigins: readonly string[]
  readonly bodyBytesMax: number
  readonly bodiesBytesMax: number
  /** Bodies above this are parsed and translated in a worker. */
  readonly bodyInlineBytesMax: number
  readonly streamSilenceSeconds: number
  readonly upstreamSeconds: number
  readonly pingSeconds: number
  readonly writeStallSeconds: number
  readonly streamBufferBytesMax: number
  readonly streamsMax: number
  readonly connectionsMax: number
  /** Soft RLIMIT_NOFILE that the two above fit into. */
  readonly descriptorLimit: number
  readonly drainSeconds: number
  readonly drainDelaySeconds: number
  /** `AWS_BEARER_TOKEN_BEDROCK`; null: SigV4 with the SDK's provider chain. */
  readonly bearerToken: string | null
}
