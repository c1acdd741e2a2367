import type { ListReply, ListRequest } from './fake-control-plane.js'

/** Rows of a listing, as many as asked for. */
export interface Rows {
  readonly models: number
  readonly system?: number
  readonly application?: number
}

/** The reply of a healthy control plane that lists that many rows. */
export function healthyReply(request: ListRequest, { models, system = 2, application = 1 }: Rows): ListReply {
  if (request.route === '/foundation-models') return { json: { modelSummaries: modelRows(models) } }
  const count = request.type === 'SYSTEM_DEFINED' ? system : application
  return { json: { inferenceProfileSummaries: profileRows(request.type ?? '', count) } }
}

/** Raw rows of ListFoundationModels. */
export function modelRows(count: number, first = 0): readonly object[] {
  return Array.from({ length: count }, (_, index) => ({
    modelId: `acme.model-${first + index}`,
    modelArn: `arn:aws:bedrock:us-east-1::foundation-model/acme.model-${first + index}`,
    modelName: `Model ${first + index}`,
    providerName: 'Acme',
    inputModalities: ['TEXT'],
    outputModalities: ['TEXT'],
    inferenceTypesSupported: ['ON_DEMAND', 'INFERENCE_PROFILE'],
    responseStreamingSupported: true,
    modelLifecycle: { status: 'ACTIVE' },
    converse: { maxTokensMaximum: 1234, systemRoleSupported: true },
  }))
}

/** Raw rows of ListInferenceProfiles. */
export function profileRows(type: string, count: number, first = 0): readonly object[] {
  const kind = type === 'APPLICATION' ? 'application-inference-profile' : 'inference-profile'
  return Array.from({ length: count }, (_, index) => {
    const id = type === 'APPLICATION' ? `token${first + index}` : `us.acme.model-${first + index}`
    return {
      inferenceProfileId: id,
      inferenceProfileArn: `arn:aws:bedrock:us-east-1:111122223333:${kind}/${id}`,
      inferenceProfileName: `Profile ${id}`,
      type,
      status: 'ACTIVE',
      models: [{ modelArn: `arn:aws:bedrock:us-east-1::foundation-model/acme.model-${first + index}` }],
    }
  })
}
