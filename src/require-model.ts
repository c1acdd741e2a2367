import type { ChatTarget, ImageTarget, ModelKind, ModelTarget, Resolution } from './catalog/types.js'
import { GatewayError } from './errors.js'

const param = 'model'
const NAME_CHARACTERS_SHOWN = 128

/** The model behind a name; throws 403 or 404 in words that say what to do. `kind` is what it is wanted for. */
export function requireModel(name: string, resolution: Resolution, kind: ModelKind = 'chat'): ModelTarget {
  const shown = toShown(name)
  const list = `GET /v1/models${kind === 'chat' ? '' : `?type=${kind}`}`
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
        resolution.setting === undefined
          ? `The model "${shown}" does not exist: ${list} lists what can be used.`
          : `Nothing stands in for the model "${shown}": set ${resolution.setting} to a model that exists, or name one of ${list}.`,
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
  const shown = toShown(target.requested)
  // An application profile that no refresh listed is taken for one that chats.
  const message =
    target.foundationId === null
      ? `Which model is behind "${shown}" is not known here, so it can only chat: name the model itself, or let the gateway list the profile (bedrock:ListInferenceProfiles).`
      : `The model "${shown}" can't ${PURPOSES[kind].can}: ${PURPOSES[target.kind].does}.`
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
