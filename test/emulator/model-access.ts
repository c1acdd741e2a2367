import { type Catalogue, type ModelRow, RETIRED_MODEL_IDS } from './catalogue.js'
import { BedrockError, validationError } from './wire-error.js'

/**
 * The foundation model that a runtime request reaches in this region.
 * Throws what Bedrock answers for an id that is unknown, retired or not callable on demand.
 */
export function resolveModel(catalogue: Catalogue, modelId: string): ModelRow {
  const foundationId = foundationIdBehindProfile(catalogue, modelId)
  const model = catalogue.models.find((row) => row.modelId === (foundationId ?? withoutArn(modelId)))
  if (RETIRED_MODEL_IDS.includes(withoutArn(modelId))) throw retired()
  // Recordings 41, 70, 557.
  if (model === undefined) throw validationError('The provided model identifier is invalid.')
  if (foundationId === null && !(model.inferenceTypesSupported ?? []).includes('ON_DEMAND'))
    throw onDemand(modelId)
  return model
}

function foundationIdBehindProfile(catalogue: Catalogue, modelId: string): string | null {
  const profile = catalogue.profiles.find((row) =>
    row.type === 'APPLICATION'
      ? row.inferenceProfileArn === modelId
      : row.inferenceProfileId === modelId || row.inferenceProfileArn === modelId,
  )
  const arn = profile?.models[0]?.modelArn
  return arn === undefined ? null : withoutArn(arn)
}

function withoutArn(modelId: string): string {
  return modelId.replace(/^arn:aws[^:]*:bedrock:[^:]*::foundation-model\//, '')
}

// Recording 13.
function retired(): BedrockError {
  return new BedrockError({
    status: 404,
    type: 'ResourceNotFoundException',
    message:
      'This model version has reached the end of its life. Please refer to the AWS documentation for more details.',
  })
}

// Recording 10; the apostrophe is U+2019.
function onDemand(modelId: string): BedrockError {
  return validationError(
    `Invocation of model ID ${modelId} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
  )
}
