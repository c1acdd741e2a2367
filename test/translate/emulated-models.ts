import fc from 'fast-check'
import { createCatalog } from '../../src/catalog/catalog.js'
import { parseFoundationModels, parseInferenceProfiles } from '../../src/catalog/parse-listing.js'
import type { Catalog, ChatTarget } from '../../src/catalog/types.js'
import { requireChatTarget } from '../../src/require-model.js'
import { policyOf } from '../catalog/recorded-catalog.js'
import { buildCatalogue, type Catalogue, type ModelRow } from '../emulator/catalogue.js'
import { listMantleModels } from '../emulator/openai-models.js'

const REGION = 'us-east-1'

/** A chat model of the emulator's listing, as our catalog resolves it. */
export interface EmulatedModel {
  /** What the emulator's rules go by. */
  readonly row: ModelRow
  readonly target: ChatTarget
}

/**
 * Beside what the emulator lists: makers and generations that it has rules for, in rows as they stand in public listings
 * (bedrock-facts C8).
 */
const MORE_ROWS: readonly ModelRow[] = [
  moreRow('anthropic.claude-opus-4-1-20250805-v1:0', 'Anthropic', ['TEXT', 'IMAGE']),
  moreRow('anthropic.claude-opus-4-8', 'Anthropic', ['TEXT', 'IMAGE']),
  moreRow('cohere.command-r-plus-v1:0', 'Cohere'),
  moreRow('ai21.jamba-1-5-large-v1:0', 'AI21 Labs'),
  moreRow('writer.palmyra-x5-v1:0', 'Writer'),
  moreRow('mistral.mixtral-8x7b-instruct-v0:1', 'Mistral AI'),
  moreRow('mistral.voxtral-small-24b-2507', 'Mistral AI', ['TEXT', 'AUDIO']),
  moreRow('google.gemma-3-27b-it', 'Google', ['TEXT', 'IMAGE']),
  moreRow('moonshot.kimi-k2-thinking', 'Moonshot AI'),
]

function moreRow(modelId: string, providerName: string, inputModalities = ['TEXT']): ModelRow {
  return {
    modelArn: `arn:aws:bedrock:${REGION}::foundation-model/${modelId}`,
    modelId,
    modelName: modelId,
    providerName,
    inputModalities,
    outputModalities: ['TEXT'],
    inferenceTypesSupported: ['ON_DEMAND'],
    responseStreamingSupported: true,
    modelLifecycle: { status: 'ACTIVE' },
    converse: null,
  }
}

/** Everything the emulator lists in one region, and the rows above. */
export function emulatedListing(): Catalogue {
  const { models, profiles } = buildCatalogue(REGION)
  return { models: [...models, ...MORE_ROWS], profiles }
}

/** Our catalog of that listing, mantle's included. */
export function emulatedCatalog({ models, profiles }: Catalogue): Catalog {
  const { data } = listMantleModels() as { readonly data: readonly { readonly id: string }[] }
  const part = {
    region: REGION,
    models: parseFoundationModels({ modelSummaries: models })?.rows ?? [],
    profiles: parseInferenceProfiles({ inferenceProfileSummaries: profiles })?.rows ?? [],
    mantleModels: data.map(({ id }) => id),
    fetchedAtMs: 1,
    deniedProfileTypes: [],
  }
  const parts = new Map([[REGION, part]])
  return createCatalog({ parts, generation: 1, policy: policyOf({ modelsLegacy: true }) })
}

/** Every chat model that answers to Converse, by the id that the catalog lists it under. */
export function converseModels(): readonly EmulatedModel[] {
  const listing = emulatedListing()
  return chatTargets(emulatedCatalog(listing))
    .filter(({ dialect }) => dialect === 'converse')
    .flatMap((target) => {
      const row = listing.models.find(({ modelId }) => modelId === target.foundationId)
      return row === undefined ? [] : [{ row, target }]
    })
}

/** Every chat model that answers in OpenAI's words: on the runtime host, and on mantle. */
export function openAiTargets(): readonly ChatTarget[] {
  const catalog = emulatedCatalog(emulatedListing())
  const named = ['openai-runtime/openai.gpt-oss-120b-1:0', 'mantle/openai.gpt-oss-20b'].map((name) =>
    requireChatTarget(name, catalog.resolve(name)),
  )
  return [...chatTargets(catalog), ...named].filter(({ dialect }) => dialect !== 'converse')
}

function chatTargets(catalog: Catalog): readonly ChatTarget[] {
  const targets = catalog.list('chat').map(({ id }) => requireChatTarget(id, catalog.resolve(id)))
  // A model behind three profiles is one model.
  const isFirst = ({ foundationId, dialect }: ChatTarget, index: number): boolean =>
    targets.findIndex((other) => other.foundationId === foundationId && other.dialect === dialect) === index
  return targets.filter(isFirst)
}

/** Half of them Claude, for which most is done. */
export const emulatedModel: fc.Arbitrary<EmulatedModel> = fc.oneof(
  fc.constantFrom(...converseModels()),
  fc.constantFrom(...converseModels().filter(({ target }) => target.capabilities.family === 'claude')),
)
