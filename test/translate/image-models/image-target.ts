import { capabilitiesOfId } from '../../../src/catalog/rules.js'
import type { ModelTarget } from '../../../src/catalog/types.js'

/** An image model as the catalogue resolves it. */
export function imageTarget(foundationId: string): ModelTarget {
  return {
    id: foundationId,
    requested: foundationId,
    region: 'us-west-2',
    kind: 'image',
    foundationId,
    dialect: 'invoke',
    defaults: null,
    capabilities: capabilitiesOfId(foundationId),
  }
}
