import type { SettingKind } from './parse-value.js'

/** One line of the settings table. */
export interface Setting {
  /** Environment variable. */
  readonly variable: string
  /** Key in the YAML file; null: environment only. */
  readonly yamlKey: string | null
  readonly kind: SettingKind
  /** As it would be written in the environment; null: none, or computed (see `fallbackNote`). */
  readonly fallback: string | null
  /** What the documentation says where the default is computed. */
  readonly fallbackNote?: string
  readonly minimum?: number
  readonly maximum?: number
  /** The value is never printed, not even when it is refused. */
  readonly secret?: true
  readonly doc: string
}

const day = 86_400
const mebibyte = 1_048_576

/** Every setting that exists; the README's table is checked against it. */
export const settings = {
  configFiles: {
    variable: 'BEDROCKD_CONFIG',
    yamlKey: null,
    kind: 'paths',
    fallback: null,
    fallbackNote: '`/etc/bedrockd/bedrockd.yaml` when present',
    doc: 'YAML files, separated by `:` or `,`, later ones win; `--config` overrides it',
  },
  listen: {
    variable: 'BEDROCKD_LISTEN',
    yamlKey: 'listen',
    kind: 'address',
    fallback: '127.0.0.1:4000',
    doc: 'chat API: `host:port`, `[IPv6]:port`, or `:port` for every IPv4 interface',
  },
  port: {
    variable: 'PORT',
    yamlKey: null,
    kind: 'port',
    fallback: null,
    doc: 'as in the sample gateway: `8080` means `BEDROCKD_LISTEN=0.0.0.0:8080`, which wins if both are set',
  },
  imagesListen: {
    variable: 'BEDROCKD_IMAGES_LISTEN',
    yamlKey: 'images_listen',
    kind: 'address-or-off',
    fallback: '127.0.0.1:4100',
    doc: 'images API; empty turns it off',
  },
  metricsListen: {
    variable: 'BEDROCKD_METRICS_LISTEN',
    yamlKey: 'metrics_listen',
    kind: 'address-or-off',
    fallback: '127.0.0.1:9464',
    doc: 'Prometheus metrics, without a key; empty turns it off',
  },
  adminSocket: {
    variable: 'BEDROCKD_ADMIN_SOCKET',
    yamlKey: 'admin_socket',
    kind: 'socket-path',
    fallback: null,
    fallbackNote:
      '`$RUNTIME_DIRECTORY/admin.sock`, else `$XDG_RUNTIME_DIR/bedrockd/admin.sock`, else `admin.sock` in the state folder',
    doc: 'Unix socket of `bedrockctl`',
  },
  reusePort: {
    variable: 'BEDROCKD_REUSE_PORT',
    yamlKey: 'reuse_port',
    kind: 'boolean',
    fallback: 'false',
    doc: 'share the chat and image ports with other processes that say so, too',
  },
  apiKeys: {
    variable: 'BEDROCKD_API_KEYS',
    yamlKey: 'api_keys',
    kind: 'keys',
    fallback: null,
    fallbackNote: 'none: allowed only while chat and images listen on loopback',
    secret: true,
    doc: 'client keys, comma-separated; all key settings add up',
  },
  apiKey: {
    variable: 'API_KEY',
    yamlKey: 'api_key',
    kind: 'keys',
    fallback: null,
    secret: true,
    doc: 'as `BEDROCKD_API_KEYS`',
  },
  apiKeysFile: {
    variable: 'BEDROCKD_API_KEYS_FILE',
    yamlKey: 'api_keys_file',
    kind: 'path',
    fallback: null,
    // Someone may write the key itself where the name of its file belongs.
    secret: true,
    doc: 'client keys, one per line; may be absent or empty only while chat and images listen on loopback',
  },
  routePrefix: {
    variable: 'API_ROUTE_PREFIX',
    yamlKey: 'api_route_prefix',
    kind: 'route-prefix',
    fallback: null,
    doc: 'a third prefix beside `/v1` and `/api/v1`',
  },
  stateDir: {
    variable: 'BEDROCKD_STATE_DIR',
    yamlKey: 'state_dir',
    kind: 'path',
    fallback: null,
    fallbackNote: '`$STATE_DIRECTORY`, else `~/.local/state/bedrockd`',
    doc: 'the SQLite file lives here',
  },
  regions: {
    variable: 'BEDROCKD_REGIONS',
    yamlKey: 'regions',
    kind: 'regions',
    fallback: null,
    fallbackNote:
      '`AWS_REGION`, else `AWS_DEFAULT_REGION`, else the regions of the aliases, else `us-east-1`',
    doc: 'AWS regions, first is preferred; regions that only an alias names are added at the end',
  },
  modelRefreshSeconds: {
    variable: 'BEDROCKD_MODEL_REFRESH_SECONDS',
    yamlKey: 'model_refresh_seconds',
    kind: 'seconds',
    fallback: '300',
    minimum: 1,
    maximum: day,
    doc: 'period of the model list refresh',
  },
  refreshDeadlineSeconds: {
    variable: 'BEDROCKD_REFRESH_DEADLINE_SECONDS',
    yamlKey: 'refresh_deadline_seconds',
    kind: 'seconds',
    fallback: '30',
    minimum: 0.1,
    maximum: 3600,
    doc: 'a refresh of one region may take this long, and so may a search for credentials',
  },
  firstRefreshWaitSeconds: {
    variable: 'BEDROCKD_FIRST_REFRESH_WAIT_SECONDS',
    yamlKey: 'first_refresh_wait_seconds',
    kind: 'seconds',
    fallback: '8',
    minimum: 0,
    maximum: 60,
    doc: 'how long `GET /models` waits on the very first start (Open WebUI gives up after 10)',
  },
  modelsLegacy: {
    variable: 'BEDROCKD_MODELS_LEGACY',
    yamlKey: 'models_legacy',
    kind: 'boolean',
    fallback: 'false',
    doc: 'list models that AWS calls LEGACY',
  },
  modelsAllow: {
    variable: 'BEDROCKD_MODELS_ALLOW',
    yamlKey: 'models_allow',
    kind: 'globs',
    fallback: '',
    fallbackNote: 'all',
    doc: 'only models whose id matches one of these globs (`*`, `?`)',
  },
  modelsDeny: {
    variable: 'BEDROCKD_MODELS_DENY',
    yamlKey: 'models_deny',
    kind: 'globs',
    fallback: '',
    fallbackNote: 'none',
    doc: 'refuse models whose id matches one of these globs',
  },
  crossRegionInference: {
    variable: 'ENABLE_CROSS_REGION_INFERENCE',
    yamlKey: 'enable_cross_region_inference',
    kind: 'boolean',
    fallback: 'true',
    doc: 'list and use the system inference profiles (`us.`, `eu.`, `global.`, …)',
  },
  applicationInferenceProfiles: {
    variable: 'ENABLE_APPLICATION_INFERENCE_PROFILES',
    yamlKey: 'enable_application_inference_profiles',
    kind: 'boolean',
    fallback: 'true',
    doc: 'list and use the application inference profiles of the account',
  },
  defaultModel: {
    variable: 'DEFAULT_MODEL',
    yamlKey: 'default_model',
    kind: 'model',
    fallback: null,
    doc: 'what `gpt-*` names resolve to',
  },
  defaultEmbeddingModel: {
    variable: 'DEFAULT_EMBEDDING_MODEL',
    yamlKey: 'default_embedding_model',
    kind: 'model',
    fallback: null,
    doc: 'what `text-embedding-*` names resolve to',
  },
  promptCaching: {
    variable: 'BEDROCKD_PROMPT_CACHING',
    yamlKey: 'prompt_caching',
    kind: 'caching-mode',
    fallback: null,
    fallbackNote: '`auto`',
    doc: '`auto`: cache points where they pay; `explicit`: only where a client sends `cache_control`; `off`',
  },
  enablePromptCaching: {
    variable: 'ENABLE_PROMPT_CACHING',
    yamlKey: 'enable_prompt_caching',
    kind: 'boolean',
    fallback: null,
    doc: 'as in the sample gateway: `true` means `auto`, `false` means `explicit`; `BEDROCKD_PROMPT_CACHING` wins',
  },
  promptCacheTtl: {
    variable: 'BEDROCKD_PROMPT_CACHE_TTL',
    yamlKey: 'prompt_cache_ttl',
    kind: 'cache-ttl',
    fallback: '5m',
    doc: 'how long AWS keeps what automatic cache points mark: `5m` or `1h` (where the model has it)',
  },
  outputTokensDefault: {
    variable: 'BEDROCKD_OUTPUT_TOKENS_DEFAULT',
    yamlKey: 'output_tokens_default',
    kind: 'count',
    fallback: '16384',
    minimum: 0,
    maximum: 1_000_000,
    doc: 'most output tokens where a client names no limit (AWS reserves them of the quota when a call starts); 0: the model’s own',
  },
  choicesMax: {
    variable: 'BEDROCKD_CHOICES_MAX',
    yamlKey: 'choices_max',
    kind: 'count',
    fallback: '8',
    minimum: 1,
    maximum: 128,
    doc: 'largest `n`: each choice is a call of its own',
  },
  dropParams: {
    variable: 'BEDROCKD_DROP_PARAMS',
    yamlKey: 'drop_params',
    kind: 'boolean',
    fallback: 'true',
    doc: 'leave out parameters that a model does not have, and name them in `x-bedrockd-dropped-params`; `false`: refuse them with 400; where not set, `drop_params` of a LiteLLM file counts',
  },
  guardrailId: {
    variable: 'BEDROCKD_GUARDRAIL_ID',
    yamlKey: 'guardrail_id',
    kind: 'guardrail',
    fallback: null,
    doc: 'id or ARN of the guardrail for every chat whose alias or client names none',
  },
  guardrailVersion: {
    variable: 'BEDROCKD_GUARDRAIL_VERSION',
    yamlKey: 'guardrail_version',
    kind: 'guardrail-version',
    fallback: 'DRAFT',
    doc: 'version of that guardrail: a number or `DRAFT`',
  },
  guardrailStreamMode: {
    variable: 'BEDROCKD_GUARDRAIL_STREAM_MODE',
    yamlKey: 'guardrail_stream_mode',
    kind: 'stream-mode',
    fallback: 'sync',
    doc: '`sync`: text of a stream waits until the guardrail has seen it; `async`: it is sent at once',
  },
  guardrailRequired: {
    variable: 'BEDROCKD_GUARDRAIL_REQUIRED',
    yamlKey: 'guardrail_required',
    kind: 'boolean',
    fallback: 'false',
    doc: 'a client may not choose another guardrail than the alias’s or that one',
  },
  toolRoundErrorsInStream: {
    variable: 'BEDROCKD_TOOL_ROUND_ERRORS_IN_STREAM',
    yamlKey: 'tool_round_errors_in_stream',
    kind: 'boolean',
    fallback: 'false',
    doc: 'answer a streamed chat that fails after tool results with 200 and an error event: Open WebUI shows nothing of an error status there',
  },
  reasoningKeepSeconds: {
    variable: 'BEDROCKD_REASONING_KEEP_SECONDS',
    yamlKey: 'reasoning_keep_seconds',
    kind: 'seconds',
    fallback: '3600',
    minimum: 0,
    maximum: day,
    doc: 'how long the thoughts before tool calls are kept for clients that do not send them back',
  },
  reasoningKeepBytesMax: {
    variable: 'BEDROCKD_REASONING_KEEP_BYTES_MAX',
    yamlKey: 'reasoning_keep_bytes_max',
    kind: 'bytes',
    fallback: '16777216',
    minimum: 0,
    maximum: 1024 * mebibyte,
    doc: 'memory for those thoughts; the oldest go first',
  },
  fetchUrls: {
    variable: 'BEDROCKD_FETCH_URLS',
    yamlKey: 'fetch_urls',
    kind: 'boolean',
    fallback: 'true',
    doc: 'fetch images that a client names by `https:` address; private addresses are never asked',
  },
  fetchSeconds: {
    variable: 'BEDROCKD_FETCH_SECONDS',
    yamlKey: 'fetch_seconds',
    kind: 'seconds',
    fallback: '5',
    minimum: 0.1,
    maximum: 60,
    doc: 'such a fetch may take this long, all of a request together six times as long',
  },
  fetchBytesMax: {
    variable: 'BEDROCKD_FETCH_BYTES_MAX',
    yamlKey: 'fetch_bytes_max',
    kind: 'bytes',
    fallback: '26214400',
    minimum: 1024,
    maximum: 256 * mebibyte,
    doc: 'largest such file',
  },
  mantle: {
    variable: 'BEDROCKD_MANTLE',
    yamlKey: 'mantle',
    kind: 'boolean',
    fallback: 'true',
    doc: 'list and use models that only AWS’s OpenAI-compatible endpoint (bedrock-mantle) serves',
  },
  logLevel: {
    variable: 'BEDROCKD_LOG_LEVEL',
    yamlKey: 'log_level',
    kind: 'log-level',
    fallback: 'info',
    doc: '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`',
  },
  allowedOrigins: {
    variable: 'ALLOWED_ORIGINS',
    yamlKey: 'allowed_origins',
    kind: 'origins',
    fallback: '',
    fallbackNote: 'none',
    doc: 'CORS origins: `*` or a comma-separated list',
  },
  bodyBytesMax: {
    variable: 'BEDROCKD_BODY_BYTES_MAX',
    yamlKey: 'body_bytes_max',
    kind: 'bytes',
    fallback: '26214400',
    minimum: 1024,
    maximum: 256 * mebibyte,
    doc: 'largest request body',
  },
  bodyInlineBytesMax: {
    variable: 'BEDROCKD_BODY_INLINE_BYTES_MAX',
    yamlKey: 'body_inline_bytes_max',
    kind: 'bytes',
    fallback: '262144',
    minimum: 0,
    maximum: 256 * mebibyte,
    doc: 'larger request bodies are parsed in a worker, so that they hold up nobody',
  },
  streamSilenceSeconds: {
    variable: 'BEDROCKD_STREAM_SILENCE_SECONDS',
    yamlKey: 'stream_silence_seconds',
    kind: 'seconds',
    fallback: '600',
    minimum: 0.1,
    maximum: day,
    doc: 'Bedrock silent in a stream for longer is an error',
  },
  upstreamSeconds: {
    variable: 'BEDROCKD_UPSTREAM_SECONDS',
    yamlKey: 'upstream_seconds',
    kind: 'seconds',
    fallback: '3600',
    minimum: 0.1,
    maximum: day,
    doc: 'an answer that is not streamed may take this long',
  },
  pingSeconds: {
    variable: 'BEDROCKD_PING_SECONDS',
    yamlKey: 'ping_seconds',
    kind: 'seconds',
    fallback: '15',
    minimum: 0.05,
    maximum: 3600,
    doc: '`: ping` after this much silence towards the client',
  },
  writeStallSeconds: {
    variable: 'BEDROCKD_WRITE_STALL_SECONDS',
    yamlKey: 'write_stall_seconds',
    kind: 'seconds',
    fallback: '20',
    minimum: 0.1,
    maximum: 3600,
    doc: 'a client that takes nothing for longer is closed; uWebSockets.js itself grants 10 to 12 s at most',
  },
  streamBufferBytesMax: {
    variable: 'BEDROCKD_STREAM_BUFFER_BYTES_MAX',
    yamlKey: 'stream_buffer_bytes_max',
    kind: 'bytes',
    fallback: '262144',
    minimum: 4096,
    maximum: 64 * mebibyte,
    doc: 'unsent bytes of one stream before reading from Bedrock waits',
  },
  streamsMax: {
    variable: 'BEDROCKD_STREAMS_MAX',
    yamlKey: 'streams_max',
    kind: 'count',
    fallback: null,
    fallbackNote: 'a third of the file descriptors, at most 10000',
    minimum: 1,
    maximum: 1_000_000,
    doc: 'chats that run at once; one more is answered 503',
  },
  connectionsMax: {
    variable: 'BEDROCKD_CONNECTIONS_MAX',
    yamlKey: 'connections_max',
    kind: 'count',
    fallback: null,
    fallbackNote: 'what the streams leave of the file descriptors, at most 30000',
    minimum: 1,
    maximum: 1_000_000,
    doc: 'client connections; more are closed at once',
  },
  drainSeconds: {
    variable: 'BEDROCKD_DRAIN_SECONDS',
    yamlKey: 'drain_seconds',
    kind: 'seconds',
    fallback: '30',
    minimum: 0,
    maximum: day,
    doc: 'running streams may finish for this long after SIGTERM',
  },
  drainDelaySeconds: {
    variable: 'BEDROCKD_DRAIN_DELAY_SECONDS',
    yamlKey: 'drain_delay_seconds',
    kind: 'seconds',
    fallback: '0',
    minimum: 0,
    maximum: 3600,
    doc: 'time between `/readyz` turning 503 and the end of listening, for load balancers',
  },
  bearerToken: {
    variable: 'AWS_BEARER_TOKEN_BEDROCK',
    yamlKey: null,
    kind: 'token',
    fallback: null,
    secret: true,
    doc: 'Bedrock API key; without it the AWS SDK finds credentials (environment, profile, SSO, role of the machine)',
  },
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof settings
/** Settings that always have a value. */
export type DefaultedName = {
  [Name in SettingName]: (typeof settings)[Name]['fallback'] extends string ? Name : never
}[SettingName]

/** The table with its rows widened to `Setting`, for loops over all of them. */
export const settingRows: Readonly<Record<SettingName, Setting>> = settings
/** Names in the order of the table. */
export const settingNames: readonly SettingName[] = Object.keys(settings).filter(isSettingName)

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settings, name)
}
