import type { ChatTarget, ImageTarget, ModelKind, ModelTarget, Resolution } from './catalog/types.js'
import { GatewayError } from './errors.js'

const param = 'model'
const NAME_CHARACTERS_SHOWN = 128

/** The model behind a name; throws 403 or 404 in words that say what to do. */
export function requireModel(name: string, resolution: Resolution): ModelTarget {
  const shown = toShown(name)
  switch (resolution.type) {
    case 'listed':
    case 'unlisted':
      return resolution.target
    case 'denied':
      throw new GatewayError(
        'model_denied',
        `The model "${shown}" is not allowed by this gateway's settings.`,
        { param },
      )
    case 'not-invocable':
      throw new GatewayError(
        'model_not_found',
        `The model "${shown}" is known, but no configured region offers it on demand or by an inference profile.`,
        { param },
      )
    case 'unknown':
      throw new GatewayError(
        'model_not_found',
        `The model "${shown}" does not exist: GET /v1/models lists what can be used.`,
        { param },
      )
    default:
      return resolution satisfies never
  }
}

const PURPOSES = {
  chat: { can: 'chat', does: 'it chats: use /v1/chat/completions' },
  image: { can: 'make images', does: 'it makes images: use /v1/images/generations' },
  embedding: { can: 'make embeddings', does: 'it makes embeddings: use /v1/embeddings' },
  rerank: { can: 'rank documents', does: 'it ranks documents: use /v1/rerank' },
  other: { can: 'be used here', does: 'no endpoint of this gateway takes it' },
} as const satisfies Record<ModelKind, { readonly can: string; readonly does: string }>

/** The same model, if it is of this kind; throws a 400 that names the endpoint where it can be used. */
export function requireKind(target: ModelTarget, kind: ModelKind): ModelTarget {
  if (target.kind === kind) return target
  const message = `The model "${toShown(target.requested)}" can't ${PURPOSES[kind].can}: ${PURPOSES[target.kind].does}.`
  throw new GatewayError('invalid_request', message, { param })
}

/** The chat model behind a name; throws 403, 404 or 400. */
export function requireChatTarget(name: string, resolution: Resolution): ChatTarget {
  return requireKind(requireModel(name, resolution), 'chat') as ChatTarget
}

/** The model behind a name, which may also be one that makes pictures; throws 403, 404 or 400. */
export function requireChatOrImageTarget(name: string, resolution: Resolution): ChatTarget | ImageTarget {
  const target = requireModel(name, resolution)
  return target.kind === 'image' ? (target as ImageTarget) : (requireKind(target, 'chat') as ChatTarget)
}

function toShown(name: string): string {
  return name.length > NAME_CHARACTERS_SHOWN ? `${name.slice(0, NAME_CHARACTERS_SHOWN)}…` : name
}
