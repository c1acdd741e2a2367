import { isBedrockId } from './names.js'
import type { ConverseFacts, FoundationModel, InferenceProfile } from './types.js'

/** One page of a listing: the rows that could be read, how many could not, and where the next page starts. */
export interface ListingPage<Row> {
  readonly rows: readonly Row[]
  readonly skipped: number
  readonly nextToken: string | null
}

/** A raw ListFoundationModels body as rows; null where the body is no such listing (bedrock-facts C8). */
export function parseFoundationModels(body: unknown): ListingPage<FoundationModel> | null {
  return parsePage(body, 'modelSummaries', parseFoundationModel)
}

/** A raw ListInferenceProfiles body as rows; null where the body is no such listing (bedrock-facts C8). */
export function parseInferenceProfiles(body: unknown): ListingPage<InferenceProfile> | null {
  return parsePage(body, 'inferenceProfileSummaries', parseInferenceProfile)
}

/**
 * The ids of a `GET /v1/models` body of bedrock-mantle, in order and each once; null where the body is no such list.
 * Recorded rows: `{id, object: "model", created, owned_by: "system", status, …}` (bedrock-facts C14).
 */
export function parseMantleModels(body: unknown): readonly string[] | null {
  if (!isMembers(body) || !Array.isArray(body.data)) return null
  const ids = body.data.flatMap((row: unknown) => (isMembers(row) ? (textOrNull(row.id) ?? []) : []))
  return [...new Set(ids.filter(isBedrockId))].sort()
}

function parsePage<Row>(
  body: unknown,
  member: ListName,
  parseRow: (row: Members) => Row | null,
): ListingPage<Row> | null {
  if (!isMembers(body)) return null
  const items = body[member]
  if (!Array.isArray(items)) return null
  const rows: Row[] = []
  for (const item of items) {
    const row = isMembers(item) ? parseRow(item) : null
    if (row !== null) rows.push(row)
  }
  return { rows, skipped: items.length - rows.length, nextToken: textOrNull(body.nextToken) }
}

function parseFoundationModel(row: Members): FoundationModel | null {
  const modelId = textOrNull(row.modelId)
  if (modelId === null) return null
  const lifecycle = row.modelLifecycle
  return {
    modelId,
    modelArn: textOrNull(row.modelArn) ?? '',
    modelName: textOrNull(row.modelName) ?? modelId,
    providerName: textOrNull(row.providerName) ?? '',
    inputModalities: texts(row.inputModalities),
    outputModalities: texts(row.outputModalities),
    inferenceTypes: texts(row.inferenceTypesSupported),
    streaming: row.responseStreamingSupported === true,
    lifecycle: (isMembers(lifecycle) ? textOrNull(lifecycle.status) : null) ?? 'ACTIVE',
    converse: parseConverseFacts(row.converse),
    promptCaching: parsePromptCaching(row.explicitPromptCaching),
    latencyOptimized: flagOrNull(row.latencyOptimizationSupported),
  }
}

function parseConverseFacts(value: unknown): ConverseFacts | null {
  if (!isMembers(value)) return null
  const reasoning = value.reasoningSupported
  return {
    maxTokensMaximum: countOrNull(value.maxTokensMaximum),
    maxTokensDefault: countOrNull(value.maxTokensDefault),
    systemRoleSupported: flagOrNull(value.systemRoleSupported),
    // Recorded as {embedded: boolean} for models that reason and null for the rest.
    reasoningSupported: isMembers(reasoning) ? true : flagOrNull(reasoning),
    userImageTypes: texts(value.userImageTypesSupported),
    userDocumentTypes: texts(value.userDocumentTypesSupported),
    userVideoTypes: texts(value.userVideoTypesSupported),
  }
}

function parsePromptCaching(value: unknown): boolean | null {
  return isMembers(value) ? flagOrNull(value.isSupported) : null
}

function parseInferenceProfile(row: Members): InferenceProfile | null {
  const id = textOrNull(row.inferenceProfileId)
  const arn = textOrNull(row.inferenceProfileArn)
  const type = row.type
  if (id === null || arn === null || (type !== 'SYSTEM_DEFINED' && type !== 'APPLICATION')) return null
  const models: unknown[] = Array.isArray(row.models) ? row.models : []
  const modelArns: string[] = []
  for (const model of models) {
    const modelArn = isMembers(model) ? textOrNull(model.modelArn) : null
    if (modelArn !== null) modelArns.push(modelArn)
  }
  const name = textOrNull(row.inferenceProfileName) ?? id
  return { id, arn, name, type, status: textOrNull(row.status) ?? 'ACTIVE', modelArns }
}

/** The members that are read, of whichever object. Each may be missing or of any type. */
type Members = Readonly<Partial<Record<MemberName, unknown>>>
type ListName = 'modelSummaries' | 'inferenceProfileSummaries'
type MemberName =
  | ListName
  | 'converse'
  | 'data'
  | 'explicitPromptCaching'
  | 'filter'
  | 'id'
  | 'inferenceProfileArn'
  | 'inferenceProfileId'
  | 'inferenceProfileName'
  | 'inferenceTypesSupported'
  | 'inputModalities'
  | 'isSupported'
  | 'latencyOptimizationSupported'
  | 'maxTokensDefault'
  | 'maxTokensMaximum'
  | 'modelArn'
  | 'modelId'
  | 'modelLifecycle'
  | 'modelName'
  | 'models'
  | 'nextToken'
  | 'outputModalities'
  | 'providerName'
  | 'reasoningSupported'
  | 'responseStreamingSupported'
  | 'status'
  | 'systemRoleSupported'
  | 'type'
  | 'userDocumentTypesSupported'
  | 'userImageTypesSupported'
  | 'userVideoTypesSupported'

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function flagOrNull(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null
}

function countOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
