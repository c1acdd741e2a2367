import type { ModelEntry } from '../catalog/types.js'

/** The body of `GET /v1/models` (OpenAI's ListModelsResponse, with what Open WebUI reads besides). */
export function toModelListBody(entries: readonly ModelEntry[]): string {
  return JSON.stringify({ object: 'list', data: entries.map(toModel) })
}

/** The body of `GET /v1/models/{id}`. */
export function toModelBody(entry: ModelEntry): string {
  return JSON.stringify(toModel(entry))
}

/**
 * One model. Open WebUI shows `name` and keeps `info.meta` (openwebui-contract §1); the keys it gives a meaning of its own
 * (`pipeline`, `arena`, `preset`, `status`, …) must not stand here.
 */
function toModel(entry: ModelEntry): object {
  const { capabilities } = entry
  return {
    id: entry.id,
    object: 'model',
    // Bedrock says when a model came only for some; a date made up would change with every restart.
    created: 0,
    owned_by: entry.ownedBy,
    name: entry.name,
    info: {
      meta: {
        description: `${entry.name} on Amazon Bedrock (${entry.regions.join(', ')})`,
        capabilities: {
          vision: capabilities.imageTypes.length > 0,
          file_upload: capabilities.documentTypes.length > 0,
          usage: true,
        },
      },
    },
  }
}
