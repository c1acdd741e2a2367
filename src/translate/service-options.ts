import type { ConverseRequest, GuardrailConfig } from '../bedrock/types.js'
import type { ChatRequest } from '../openai/types.js'
import type { DropList } from './drop-list.js'
import { chooseGuardrail } from './guardrail.js'
import type { TranslationContext } from './policy.js'

/** What is said to the service rather than to the model: guardrail, tier, latency, log metadata. */
export type ServiceOptions = Pick<
  ConverseRequest,
  'guardrailConfig' | 'serviceTier' | 'performanceConfig' | 'requestMetadata'
>

type ServiceTier = NonNullable<ConverseRequest['serviceTier']>['type']

/** OpenAI's and Bedrock's names of tiers; null: what happens anyway. A tier that is not here is left out and named. */
const SERVICE_TIERS = {
  auto: null,
  default: 'default',
  flex: 'flex',
  priority: 'priority',
  reserved: 'reserved',
} as const satisfies Record<string, ServiceTier | null>

/** Converse's limits for `requestMetadata` (service model). */
const METADATA_PAIRS_MAX = 16
const METADATA_CHARACTERS_MAX = 256

interface ServiceInput {
  readonly request: ChatRequest
  readonly context: TranslationContext
  /** The reply is asked for as a stream. */
  readonly streams: boolean
  readonly dropped: DropList
}

export function toServiceOptions(input: ServiceInput): ServiceOptions {
  const { request, context, dropped } = input
  const guardrailConfig = toGuardrailConfig(input)
  const tier = toServiceTier(request, context, dropped)
  const { latency } = request
  const requestMetadata = toRequestMetadata(request, dropped)
  return {
    ...(guardrailConfig === null ? {} : { guardrailConfig }),
    ...(tier === null ? {} : { serviceTier: { type: tier } }),
    ...(latency === null ? {} : { performanceConfig: { latency } }),
    ...(requestMetadata === null ? {} : { requestMetadata }),
  }
}

function toGuardrailConfig({ request, context, streams, dropped }: ServiceInput): GuardrailConfig | null {
  const guardrail = chooseGuardrail(request, context, dropped)
  if (guardrail === null) return null
  return {
    guardrailIdentifier: guardrail.identifier,
    guardrailVersion: guardrail.version,
    ...(guardrail.trace === null ? {} : { trace: guardrail.trace }),
    ...(streams && guardrail.streamMode !== null ? { streamProcessingMode: guardrail.streamMode } : {}),
  }
}

function toServiceTier(
  { serviceTier }: ChatRequest,
  { lessons }: TranslationContext,
  dropped: DropList,
): ServiceTier | null {
  if (serviceTier === null) return null
  const known = Object.hasOwn(SERVICE_TIERS, serviceTier)
  const tier = known ? SERVICE_TIERS[serviceTier as keyof typeof SERVICE_TIERS] : null
  if (!known || (tier !== null && lessons.includes('service_tier'))) {
    dropped.add('service_tier')
    return null
  }
  return tier
}

/** `metadata` and `user` for AWS's invocation log, in the characters and lengths that it takes. */
function toRequestMetadata(
  { metadata, user }: ChatRequest,
  dropped: DropList,
): Readonly<Record<string, string>> | null {
  const wanted = [...(user === null ? [] : [['user', user] as const]), ...Object.entries(metadata ?? {})]
  const pairs = wanted
    .map(([name, text]) => [clean(name), clean(text)] as const)
    .filter(([name]) => name !== '')
    .slice(0, METADATA_PAIRS_MAX)
  if (pairs.length < wanted.length) dropped.add('metadata')
  return pairs.length === 0 ? null : Object.fromEntries(pairs)
}

/** Characters that the log does not take become underscores; what is too long is cut. */
function clean(text: string): string {
  return text.slice(0, METADATA_CHARACTERS_MAX).replace(/[^a-zA-Z0-9 :_@$#=/+,.-]/g, '_')
}
