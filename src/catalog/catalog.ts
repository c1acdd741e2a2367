import type { Config, ModelAlias } from '../config.js'
import { createGlobs } from './globs.js'
import { IMAGE_MODEL_SETTINGS, type ImageUse, isOpenAiImageName, orderImageModels } from './image-names.js'
import { mergeEntries, sortEntries, tellApart } from './listing.js'
import { toUnversionedId } from './mantle.js'
import { guessFoundationId, isBedrockId, parseArn, parseName } from './names.js'
import { createRegionIndex, isOnDemand, ownerOf, type RegionIndex } from './region-index.js'
import { capabilitiesOfId, kindOfId } from './rules.js'
import type {
  AliasDefaults,
  Catalog,
  ChatDialect,
  Dialect,
  ModelEntry,
  ModelKind,
  ModelTarget,
  RegionPart,
  Resolution,
} from './types.js'

/** The settings that decide what is listed and where a name leads. */
export type CatalogPolicy = Pick<
  Config,
  | 'regions'
  | 'aliases'
  | 'modelsAllow'
  | 'modelsDeny'
  | 'modelsLegacy'
  | 'crossRegionInference'
  | 'applicationInferenceProfiles'
  | 'mantle'
  | 'defaultModel'
  | 'defaultEmbeddingModel'
  | 'defaultImageModel'
  | 'defaultImageEditModel'
  | 'defaultRerankModel'
>

/** What a catalog is made of. Parts of regions that no setting names are kept out of sight. */
export interface CatalogSource {
  readonly parts: ReadonlyMap<string, RegionPart>
  readonly generation: number
  readonly policy: CatalogPolicy
}

/** Every region that a refresh must ask: the configured ones, then those that only aliases name. */
export function regionsOf(policy: Pick<CatalogPolicy, 'regions' | 'aliases'>): readonly string[] {
  return [...new Set([...policy.regions, ...policy.aliases.flatMap((alias) => alias.regions)])]
}

// A part never changes, so its index outlives the catalogs: one changed region of 31 costs one new index.
const indexes = new WeakMap<RegionPart, RegionIndex>()

function indexOf(part: RegionPart): RegionIndex {
  let index = indexes.get(part)
  if (index === undefined) {
    index = createRegionIndex(part)
    indexes.set(part, index)
  }
  return index
}

/** A part that an earlier start stored may hold what is turned off by now. */
function withoutMantle(part: RegionPart): RegionPart {
  return part.mantleModels.length === 0 ? part : { ...part, mantleModels: [] }
}

/**
 * Builds an immutable catalog. Measured with 31 regions of 126 models and 110 profiles each, one of them new, median
 * of 40 on a shared core: 0.9 ms to build (its index), 1.0 ms more at the first `list` or `find`, 1 µs to resolve a
 * name. All 31 at once, as at the start from disk with cold code: 60 ms, before anything listens.
 */
export function createCatalog({ parts, generation, policy }: CatalogSource): Catalog {
  const regional = new Map<string, RegionIndex>()
  for (const region of regionsOf(policy)) {
    const part = parts.get(region)
    if (part !== undefined) regional.set(region, indexOf(policy.mantle ? part : withoutMantle(part)))
  }
  const resolve = createResolver(regional, policy)
  let listed: readonly ModelEntry[] | undefined
  const all = (): readonly ModelEntry[] => {
    listed ??= listEntries(regional, policy, resolve)
    return listed
  }
  const byKind = new Map<ModelKind, readonly ModelEntry[]>()
  let byId: ReadonlyMap<string, ModelEntry> | undefined
  return {
    generation,
    loaded: regional.size > 0,
    resolve,
    list(kind) {
      if (kind === 'all') return all()
      let entries = byKind.get(kind)
      if (entries === undefined) {
        entries = all().filter((entry) => entry.kind === kind)
        byKind.set(kind, entries)
      }
      return entries
    },
    find(id) {
      byId ??= new Map(all().map((entry) => [entry.id, entry]))
      return byId.get(id)
    },
  }
}

/** One name on its way to a target: as the client wrote it, as it is looked up, and where. */
interface Lookup {
  readonly requested: string
  readonly id: string
  /** Regions to look in, first preferred; never empty. */
  readonly regions: readonly string[]
  /** The protocol that the name asks for; null: what the model speaks. */
  readonly dialect: ChatDialect | null
}

type Resolver = Catalog['resolve']

/** Alias, then exact id or foundation id, then OpenAI's own names (`gpt-*`, `dall-e-*`, …), then ids that only AWS can judge. */
function createResolver(regional: ReadonlyMap<string, RegionIndex>, policy: CatalogPolicy): Resolver {
  const isForbidden = createForbidden(policy)
  const aliases = groupByName(policy.aliases)

  const resolveId = (lookup: Lookup): Resolution => {
    if (lookup.dialect === 'openai-mantle' && !policy.mantle) return { type: 'unknown' }
    const found = resolveListed(lookup, regional, policy)
    if (found !== null) return found
    return isBedrockId(lookup.id) ? { type: 'unlisted', target: unlistedTarget(lookup) } : { type: 'unknown' }
  }
  const resolveModel = (requested: string, model: string, regions: readonly string[]): Resolution => {
    const { id, region, dialect } = parseName(model)
    return resolveId({ requested, id, regions: region === null ? regions : [region], dialect })
  }
  const resolveAlias = (requested: string, name: string): Resolution | null => {
    const candidates = aliases.get(name)
    if (candidates === undefined) return null
    const resolutions = candidates.map((alias) =>
      withDefaults(
        resolveModel(requested, alias.model, alias.regions.length > 0 ? alias.regions : policy.regions),
        alias.defaults,
      ),
    )
    const best =
      resolutions.find(({ type }) => type === 'listed') ?? resolutions.find(({ type }) => type === 'unlisted')
    return best ?? resolutions[0] ?? null
  }
  const resolveAny = (requested: string, name: string): Resolution => {
    const { id, dialect } = parseName(name)
    return (
      resolveAlias(requested, name) ??
      // Who names the protocol means the model.
      (dialect === null ? resolveAlias(requested, id) : null) ??
      resolveModel(requested, name, policy.regions)
    )
  }

  const imageModels = createImageModels(regional, policy)
  const resolvePreferred = (name: string, use: ImageUse): Resolution => {
    for (const id of imageModels(use)) {
      const resolution = resolveModel(name, id, policy.regions)
      if (resolution.type === 'listed' && !isForbidden(name, resolution)) return resolution
    }
    return { type: 'unknown' }
  }
  const resolveStandIn = (name: string, use: ImageUse): Resolution => {
    const { id } = parseName(name)
    const stand = standIn(id, policy, use)
    if (stand === null) return { type: 'unknown' }
    const { setting, model } = stand
    if (model === null && isOpenAiImageName(id)) return resolvePreferred(name, use)
    const resolution: Resolution = model === null ? { type: 'unknown' } : resolveAny(name, model)
    return resolution.type === 'unknown' ? { ...resolution, setting } : resolution
  }

  return (name, use = 'generation') => {
    let resolution = resolveAny(name, name)
    if (resolution.type === 'unknown') resolution = resolveStandIn(name, use)
    return isForbidden(name, resolution) ? { type: 'denied' } : resolution
  }
}

/** The image models of the configured regions in the order of preference, looked up once for each use. */
function createImageModels(
  regional: ReadonlyMap<string, RegionIndex>,
  policy: CatalogPolicy,
): (use: ImageUse) => readonly string[] {
  const ordered = new Map<ImageUse, readonly string[]>()
  return (use) => {
    let ids = ordered.get(use)
    if (ids === undefined) {
      const entries = policy.regions.flatMap((region) => regional.get(region)?.entries ?? [])
      ids = orderImageModels(
        entries.filter(({ kind }) => kind === 'image'),
        use,
      )
      ordered.set(use, ids)
    }
    return ids
  }
}

function withDefaults(resolution: Resolution, defaults: AliasDefaults): Resolution {
  if (resolution.type !== 'listed' && resolution.type !== 'unlisted') return resolution
  return { ...resolution, target: { ...resolution.target, defaults } }
}

function groupByName(aliases: readonly ModelAlias[]): ReadonlyMap<string, readonly ModelAlias[]> {
  const groups = new Map<string, ModelAlias[]>()
  for (const alias of aliases) {
    const group = groups.get(alias.name)
    if (group === undefined) groups.set(alias.name, [alias])
    else group.push(alias)
  }
  return groups
}

/** OpenAI's own model names and the usual ones of rerankers, with the settings that say what they stand for, as in the sample gateway. */
const STAND_INS = [
  { names: /^gpt-/i, setting: 'DEFAULT_MODEL', policy: 'defaultModel' },
  { names: /^text-embedding-/i, setting: 'DEFAULT_EMBEDDING_MODEL', policy: 'defaultEmbeddingModel' },
  {
    names: /^(?:rerank-|jina-reranker-)/i,
    setting: 'BEDROCKD_DEFAULT_RERANK_MODEL',
    policy: 'defaultRerankModel',
  },
] as const satisfies readonly { names: RegExp; setting: string; policy: keyof CatalogPolicy }[]

interface StandIn {
  readonly setting: string
  /** Null: the setting is empty. */
  readonly model: string | null
}

/** What such a name stands for; null where it is none. */
function standIn(id: string, policy: CatalogPolicy, use: ImageUse): StandIn | null {
  if (isOpenAiImageName(id)) {
    const model = use === 'generation' ? policy.defaultImageModel : policy.defaultImageEditModel
    return { setting: IMAGE_MODEL_SETTINGS[use], model }
  }
  const row = STAND_INS.find(({ names }) => names.test(id))
  return row === undefined ? null : { setting: row.setting, model: policy[row.policy] }
}

/** The first region that can serve the id wins; a region that lists it without access only decides if no other does. */
function resolveListed(
  lookup: Lookup,
  regional: ReadonlyMap<string, RegionIndex>,
  policy: CatalogPolicy,
): Resolution | null {
  const { resource, regions } = placeOf(lookup)
  let refused: Resolution | null = null
  for (const region of regions) {
    const index = regional.get(region)
    if (index === undefined) continue
    const found =
      lookup.dialect === 'openai-mantle' ? findOnMantle(index, resource) : findIn(index, resource, policy)
    if (found === null) continue
    if (found.id !== null) return { type: 'listed', target: listedTarget(lookup, found, index) }
    refused ??= { type: 'not-invocable', foundationId: found.foundationId }
  }
  return refused
}

/** An ARN with a region is looked up there alone; a foundation model's ARN is looked up as the model's id. */
function placeOf({ id, regions }: Lookup): {
  readonly resource: string
  readonly regions: readonly string[]
} {
  const arn = parseArn(id)
  if (arn === null) return { resource: id, regions }
  const model = /^foundation-model\/(.+)$/.exec(arn.resource)
  return { resource: model?.[1] ?? id, regions: arn.region === null ? regions : [arn.region] }
}

type Found =
  | { readonly id: string; readonly foundationId: string | null; readonly dialect?: ChatDialect }
  | { readonly id: null; readonly foundationId: string }

/** By the id that bedrock-mantle has for it, or by the one that the runtime has. */
function findOnMantle({ mantleIds }: RegionIndex, id: string): (Found & { readonly id: string }) | null {
  const mantleId = mantleIds.has(id) ? id : toUnversionedId(id)
  return mantleIds.has(mantleId) ? { id: mantleId, foundationId: mantleId, dialect: 'openai-mantle' } : null
}

function findIn(index: RegionIndex, id: string, policy: CatalogPolicy): Found | null {
  const exact = index.profiles.get(id)
  if (exact !== undefined) {
    const { profile, foundationId } = exact
    // An application profile's short id means nothing in a request path: its ARN does.
    return { id: profile.type === 'APPLICATION' ? profile.arn : id, foundationId }
  }
  const model = index.models.get(id)
  if (model !== undefined && isOnDemand(model)) return { id, foundationId: id }
  const profile = policy.crossRegionInference ? index.profileOf.get(id)?.profile : undefined
  if (profile !== undefined) return { id: profile.id, foundationId: id }
  if (index.mantleIds.has(id)) return findOnMantle(index, id)
  return model === undefined ? null : { id: null, foundationId: id }
}

function listedTarget(
  { requested, dialect }: Lookup,
  found: Found & { readonly id: string },
  index: RegionIndex,
): ModelTarget {
  const { id, foundationId } = found
  const description = index.describe(foundationId)
  return {
    id,
    requested,
    region: index.region,
    foundationId,
    ...description,
    dialect: dialectOf(description.kind, dialect ?? found.dialect ?? null),
    defaults: null,
  }
}

function dialectOf(kind: ModelKind, named: ChatDialect | null): Dialect {
  return kind === 'chat' ? (named ?? 'converse') : 'invoke'
}

function unlistedTarget({ requested, id, regions, dialect }: Lookup): ModelTarget {
  const arn = parseArn(id)
  const foundationId = guessFoundationId(id)
  const kind = kindOfId(foundationId)
  return {
    id,
    requested,
    region: arn?.region ?? regions[0] ?? '',
    kind,
    foundationId,
    capabilities: capabilitiesOfId(foundationId),
    dialect: dialectOf(kind, dialect),
    defaults: null,
  }
}

/** A deny glob forbids by any of the names a model goes by; an allow list must match one of them. */
function createForbidden(policy: CatalogPolicy) {
  const isDenied = createGlobs(policy.modelsDeny)
  const isAllowed = policy.modelsAllow.length === 0 ? () => true : createGlobs(policy.modelsAllow)
  return (name: string, resolution: Resolution): boolean => {
    if (resolution.type === 'unknown') return false
    const names = [name, parseName(name).id, ...namesOf(resolution)]
    return names.some(isDenied) || !names.some(isAllowed)
  }
}

function namesOf(resolution: Resolution): readonly string[] {
  if (resolution.type === 'listed' || resolution.type === 'unlisted') {
    const { id, foundationId } = resolution.target
    return foundationId === null ? [id] : [id, foundationId]
  }
  return resolution.type === 'not-invocable' ? [resolution.foundationId] : []
}

function listEntries(
  regional: ReadonlyMap<string, RegionIndex>,
  policy: CatalogPolicy,
  resolve: Resolver,
): readonly ModelEntry[] {
  const isVisible = createVisible(policy)
  const regions = [...new Set(policy.regions)].map((region) => regional.get(region)?.entries ?? [])
  const merged = mergeEntries(regions.map((entries) => entries.filter(isVisible)))
  const aliases = listAliases(policy, resolve)
  const shadowed = new Set(aliases.map((alias) => alias.id))
  const plain = merged.filter((entry) => !shadowed.has(entry.id))
  return sortEntries(tellApart([...aliases, ...plain]))
}

function createVisible(policy: CatalogPolicy): (entry: ModelEntry) => boolean {
  const isForbidden = createForbidden(policy)
  // The same ids come back from every region: each is matched against the globs once.
  const forbidden = new Map<string, boolean>()
  return (entry) => {
    if (entry.legacy && !policy.modelsLegacy) return false
    if (entry.access === 'SYSTEM_DEFINED' && !policy.crossRegionInference) return false
    if (entry.access === 'APPLICATION' && !policy.applicationInferenceProfiles) return false
    let isHidden = forbidden.get(entry.id)
    if (isHidden === undefined) {
      isHidden = isForbidden(entry.id, {
        type: 'listed',
        target: { ...entry, requested: '', region: '', dialect: 'converse', defaults: null },
      })
      forbidden.set(entry.id, isHidden)
    }
    return !isHidden
  }
}

function listAliases(policy: CatalogPolicy, resolve: Resolver): ModelEntry[] {
  const entries: ModelEntry[] = []
  for (const name of new Set(policy.aliases.map((alias) => alias.name))) {
    const resolution = resolve(name)
    if (resolution.type !== 'listed' && resolution.type !== 'unlisted') continue
    const { kind, foundationId, capabilities, region } = resolution.target
    const ownedBy = ownerOf(foundationId)
    entries.push({
      id: name,
      name,
      kind,
      ownedBy,
      regions: [region],
      access: 'ALIAS',
      foundationId,
      legacy: false,
      capabilities,
    })
  }
  return entries
}
