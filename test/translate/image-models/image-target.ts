import { capabilitiesOfId } from '../../../src/catalog/rules.js'
import type { ModelTarget } from '../../../src/catalog/types.js'
import type { ImagePolicy } from '../../../src/translate/image-models/to-image-calls.js'

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

/** An operator who says nothing of image requests, but for what a test adds. */
export function imagePolicy(said: Partial<ImagePolicy> = {}): ImagePolicy {
  return { dropParams: true, guardrail: null, guardrailRequired: false, ...said }
}
