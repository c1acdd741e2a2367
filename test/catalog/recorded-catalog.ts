import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CatalogPolicy } from '../../src/catalog/catalog.js'
import { parseFoundationModels, parseInferenceProfiles } from '../../src/catalog/parse-listing.js'
import type { FoundationModel, InferenceProfile, RegionPart } from '../../src/catalog/types.js'
import { recordingsDir, skipWithout } from '../shared.js'

const FOLDER = join(recordingsDir, 'catalog')

/** Options for tests that read the recorded listings. */
export const withRecordings = { skip: skipWithout(FOLDER) }

/** AWS CLI listing of us-east-1, January 2026, as a body. */
export function recordedModelsBody(): unknown {
  return readJson('foundation-models.us-east-1.2026-01.json')
}

/** AWS CLI listing of us-east-1's profiles, January 2026, as a body. */
export function recordedProfilesBody(): unknown {
  return readJson('inference-profiles.us-east-1.2026-01.json')
}

/** The raw body that Bedrock sent on 31 December 2025, with the undocumented members. */
export function recordedRawBody(): unknown {
  const recording = readJson('list-foundation-models.us-east-1.2025-12-31.json') as {
    readonly response: { readonly json: unknown }
  }
  return recording.response.json
}

/** A region's part from the recorded listings (raw models, CLI profiles). */
export function recordedPart(region: string): RegionPart {
  const models = parseFoundationModels(recordedRawBody())?.rows ?? []
  const profiles = parseInferenceProfiles(recordedProfilesBody())?.rows ?? []
  return partOf(region, models, profiles)
}

/** A part of the given rows. */
export function partOf(
  region: string,
  models: readonly FoundationModel[],
  profiles: readonly InferenceProfile[] = [],
): RegionPart {
  return { region, models, profiles, mantleModels: [], fetchedAtMs: 1, deniedProfileTypes: [] }
}

/** An on-demand chat model unless told otherwise. */
export function modelOf(modelId: string, members: Partial<FoundationModel> = {}): FoundationModel {
  return {
    modelId,
    modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`,
    modelName: modelId,
    providerName: 'Provider',
    inputModalities: ['TEXT'],
    outputModalities: ['TEXT'],
    inferenceTypes: ['ON_DEMAND'],
    streaming: true,
    lifecycle: 'ACTIVE',
    converse: null,
    promptCaching: null,
    latencyOptimized: null,
    ...members,
  }
}

/** A system profile `<geo>.<modelId>` over the given regions. */
export function systemProfileOf(geo: string, modelId: string, regions: readonly string[]): InferenceProfile {
  const id = `${geo}.${modelId}`
  return {
    id,
    arn: `arn:aws:bedrock:${regions[0]}:111122223333:inference-profile/${id}`,
    name: `${geo.toUpperCase()} ${modelId}`,
    type: 'SYSTEM_DEFINED',
    status: 'ACTIVE',
    modelArns: regions.map((region) => `arn:aws:bedrock:${region}::foundation-model/${modelId}`),
  }
}

/** An application profile over one foundation model. */
export function applicationProfileOf(token: string, region: string, modelId: string): InferenceProfile {
  return {
    id: token,
    arn: `arn:aws:bedrock:${region}:111122223333:application-inference-profile/${token}`,
    name: `team ${token}`,
    type: 'APPLICATION',
    status: 'ACTIVE',
    modelArns: [`arn:aws:bedrock:${region}::foundation-model/${modelId}`],
  }
}

/** Everything allowed, one region, no aliases. */
export function policyOf(members: Partial<CatalogPolicy> = {}): CatalogPolicy {
  return {
    regions: ['us-east-1'],
    aliases: [],
    modelsAllow: [],
    modelsDeny: [],
    modelsLegacy: false,
    crossRegionInference: true,
    applicationInferenceProfiles: true,
    mantle: true,
    defaultModel: null,
    defaultEmbeddingModel: null,
    defaultImageModel: null,
    defaultImageEditModel: null,
    defaultRerankModel: null,
    ...members,
  }
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))
}
