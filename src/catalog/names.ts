import type { ChatDialect, ModelTarget } from './types.js'

/** A name that a client sent, taken apart. */
export interface ParsedName {
  /** Model id, profile id, ARN or anything else, LiteLLM's prefixes taken off. */
  readonly id: string
  /** The region that LiteLLM's `bedrock/<region>/…` form names; null: none. */
  readonly region: string | null
  /** The protocol that the name asks for (`mantle/…`, `openai-runtime/…`); null: what the model speaks. */
  readonly dialect: ChatDialect | null
}

/** The first segments that name a protocol: LiteLLM's `bedrock/mantle/…` and `bedrock_mantle/…`, and one of ours. */
const DIALECT_SEGMENTS: readonly (readonly [segment: string, dialect: ChatDialect])[] = [
  ['mantle/', 'openai-mantle'],
  ['bedrock_mantle/', 'openai-mantle'],
  ['openai-runtime/', 'openai-runtime'],
]

const REGION = /^[a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2}$/
const ARN = /^arn:aws[a-z-]*:(?:bedrock|sagemaker):([a-z0-9-]*):\d*:(.+)$/
const NAME_CHARACTERS_MAX = 2048
/** `provider.model…` with an optional geo prefix. Providers have no hyphen and models start with a letter, so that `gpt-4.1` is none. */
const BEDROCK_ID = /^(?:[a-z]{2,8}(?:-gov)?\.)?([a-z][a-z0-9]*\.[a-z][a-z0-9._:-]*)$/i
/** Geo prefixes that were seen (bedrock-facts C8). Only ever taken off an id that no listing knows, never put on one. */
const GEO_PREFIX = /^(?:us|eu|apac|jp|au|ca|in|sa|me|af|mx|us-gov|global)\.(?=[a-z][a-z0-9]*\.)/

/** Takes LiteLLM's `bedrock/`, route (`converse/`, `invoke/`, `mantle/`) and region segments off. */
export function parseName(name: string): ParsedName {
  let id = name
  let region: string | null = null
  let dialect: ChatDialect | null = null
  for (const prefix of ['bedrock/', 'bedrock_converse/'])
    if (id.startsWith(prefix)) id = id.slice(prefix.length)
  for (const [segment, named] of DIALECT_SEGMENTS) {
    if (!id.startsWith(segment)) continue
    id = id.slice(segment.length)
    dialect = named
    break
  }
  for (const route of ['converse/', 'converse_like/', 'invoke/'])
    if (id.startsWith(route)) id = id.slice(route.length)
  const slash = id.indexOf('/')
  if (slash > 0 && isRegion(id.slice(0, slash))) {
    region = id.slice(0, slash)
    id = id.slice(slash + 1)
  }
  // LiteLLM's hint at the family behind an ARN: `bedrock/llama/arn:aws:…`.
  const hinted = /^[a-z0-9_]+\/(arn:aws.+)$/.exec(id)
  return { id: hinted?.[1] ?? id, region, dialect }
}

/** True for text of a region name's form; only such text may become part of a host name. */
export function isRegion(text: string): boolean {
  return REGION.test(text)
}

/** True for what is worth asking AWS about although no listing has it: `provider.model…` or an ARN. */
export function isBedrockId(id: string): boolean {
  return id.length <= NAME_CHARACTERS_MAX && (parseArn(id) !== null || BEDROCK_ID.test(id))
}

/** Region (null where the ARN has none) and resource of an ARN; null for anything else. */
export function parseArn(id: string): { readonly region: string | null; readonly resource: string } | null {
  const match = ARN.exec(id)
  if (match === null) return null
  const [, region = '', resource = ''] = match
  if (region !== '' && !isRegion(region)) return null
  return { region: region === '' ? null : region, resource }
}

/** The foundation model's id at the end of its ARN; null for another kind of ARN. */
export function foundationIdOfArn(modelArn: string): string | null {
  const marker = ':foundation-model/'
  const at = modelArn.lastIndexOf(marker)
  return at < 0 ? null : modelArn.slice(at + marker.length)
}

/** The foundation model that an unlisted id or ARN names by its form; null where only Bedrock knows. */
export function guessFoundationId(id: string): string | null {
  const arn = parseArn(id)
  if (arn === null) return id.replace(GEO_PREFIX, '')
  const resource = /^(foundation-model|inference-profile)\/(.+)$/.exec(arn.resource)
  return resource?.[2]?.replace(GEO_PREFIX, '') ?? null
}

/** The geo prefix of a system profile's id given the model behind it: `us`, `global`, …; null where there is none. */
export function geoOf(profileId: string, foundationId: string): string | null {
  const suffix = `.${foundationId}`
  return profileId.endsWith(suffix) ? profileId.slice(0, -suffix.length) : null
}

/** Who answers behind a target: all ways to one foundation model are one; an ARN that nobody looked up stands for itself. */
export function modelOf({ id, foundationId }: Pick<ModelTarget, 'id' | 'foundationId'>): string {
  return foundationId ?? id
}
