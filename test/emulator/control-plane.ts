import type { ControlFault, ControlOperation } from './behaviour.js'
import type { Catalogue, ModelRow, ProfileRow } from './catalogue.js'
import { BedrockError, validationError } from './wire-error.js'

/** A control-plane request: operation, region, path label (if any) and query. */
export interface ControlRequest {
  readonly operation: ControlOperation
  readonly region: string
  readonly label: string
  readonly query: URLSearchParams
}

const PAGE_SIZE_MAX = 1000

/** The body of a control-plane reply. Throws what the service refuses with. */
export function answerControl(request: ControlRequest, catalogue: Catalogue, fault: ControlFault): unknown {
  if (fault.failWith !== undefined) throw new BedrockError(fault.failWith)
  switch (request.operation) {
    case 'ListFoundationModels':
      return listModels(request.query, catalogue, fault)
    case 'ListInferenceProfiles':
      return listProfiles(request, catalogue, fault)
    case 'GetInferenceProfile':
      return getProfile(request.label, catalogue)
    default:
      return request.operation satisfies never
  }
}

// Filters and their values: shape ListFoundationModelsRequest. Top-level member as in recording 612.
function listModels(query: URLSearchParams, catalogue: Catalogue, fault: ControlFault): unknown {
  checkEnum(query, 'byOutputModality', ['TEXT', 'IMAGE', 'EMBEDDING'])
  checkEnum(query, 'byInferenceType', ['ON_DEMAND', 'PROVISIONED'])
  checkEnum(query, 'byCustomizationType', ['FINE_TUNING', 'CONTINUED_PRE_TRAINING', 'DISTILLATION'])
  const provider = query.get('byProvider')?.toLowerCase()
  const kept = keptModels(catalogue.models, fault).filter(
    (model) =>
      (provider === undefined || model.providerName?.toLowerCase() === provider) &&
      includes(model.outputModalities, query.get('byOutputModality')) &&
      includes(model.inferenceTypesSupported, query.get('byInferenceType')) &&
      query.get('byCustomizationType') === null,
  )
  return { enableAccessToAllModelsByDefault: true, modelSummaries: kept }
}

function keptModels(models: readonly ModelRow[], fault: ControlFault): readonly ModelRow[] {
  if (fault.listNothing === true) return []
  return models.slice(0, Math.round(models.length * (1 - (fault.dropModels ?? 0))))
}

// Paging: shapes ListInferenceProfilesRequest (maxResults 1..1000, nextToken, `type`) and its response.
function listProfiles(request: ControlRequest, catalogue: Catalogue, fault: ControlFault): unknown {
  checkEnum(request.query, 'type', ['SYSTEM_DEFINED', 'APPLICATION'])
  const type = request.query.get('type')
  const denied = fault.denyProfileTypes ?? []
  if (denied.some((deniedType) => type === null || type === deniedType)) throw accessDenied(request)
  const rows =
    fault.listNothing === true ? [] : catalogue.profiles.filter((row) => type === null || row.type === type)
  const start = parseToken(request.query.get('nextToken'))
  const pageSize = Math.min(parsePageSize(request.query.get('maxResults')), fault.pageSize ?? PAGE_SIZE_MAX)
  const next = start + pageSize
  return {
    inferenceProfileSummaries: rows.slice(start, next),
    ...(next < rows.length ? { nextToken: toToken(next) } : {}),
  }
}

function getProfile(identifier: string, catalogue: Catalogue): ProfileRow & { toolboxArn: null } {
  const found = catalogue.profiles.find(
    (row) => row.inferenceProfileId === identifier || row.inferenceProfileArn === identifier,
  )
  // Recording 160 carries `toolboxArn`; the words are those of shape ResourceNotFoundException (aws/aws-sdk-js-v3#6424).
  if (found !== undefined) return { ...found, toolboxArn: null }
  throw new BedrockError({
    status: 404,
    type: 'ResourceNotFoundException',
    message:
      'The specified resource Amazon Resource Name (ARN) was not found. Check the Amazon Resource Name (ARN) and try your request again.',
  })
}

// Words and the capital `Message` as in BerriAI/litellm#39166.
function accessDenied(request: ControlRequest): BedrockError {
  const action = `bedrock:${request.operation}`
  return new BedrockError(
    {
      status: 403,
      type: 'AccessDeniedException',
      message: `User: arn:aws:iam::123456789012:user/emulated is not authorized to perform: ${action} on resource: arn:aws:bedrock:${request.region}:123456789012:inference-profile/* because no identity-based policy allows the ${action} action`,
    },
    { messageMember: 'Message' },
  )
}

function parsePageSize(text: string | null): number {
  if (text === null) return PAGE_SIZE_MAX
  const size = Number(text)
  if (size >= 1 && size <= PAGE_SIZE_MAX) return size
  const rule = size > PAGE_SIZE_MAX ? 'less than or equal to 1000' : 'greater than or equal to 1'
  throw constraint('maxResults', text, `Member must have value ${rule}`)
}

function parseToken(token: string | null): number {
  if (token === null) return 0
  const start = Number(Buffer.from(token, 'base64url').toString())
  if (Number.isInteger(start) && start > 0) return start
  throw validationError('The provided request is not valid')
}

function toToken(start: number): string {
  return Buffer.from(String(start)).toString('base64url')
}

function checkEnum(query: URLSearchParams, name: string, values: readonly string[]): void {
  const value = query.get(name)
  if (value === null || values.includes(value)) return
  throw constraint(name, value, `Member must satisfy enum value set: [${values.join(', ')}]`)
}

function constraint(name: string, value: string, rule: string): BedrockError {
  return validationError(
    `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: ${rule}`,
  )
}

function includes(values: readonly string[] | undefined, wanted: string | null): boolean {
  return wanted === null || (values ?? []).includes(wanted)
}
