import type { ModelTarget } from '../catalog/types.js'
import { GatewayError } from '../errors.js'
import type { EmbeddingInput, EmbeddingRequest } from '../openai/embedding-types.js'
import { createDropList } from '../translate/drop-list.js'
import type { EmbeddingAdapter, EmbeddingOptions, ReadyInput } from '../translate/embedding-models/types.js'
import type { QueuedInput } from './call-queue.js'
import type { EmbeddingContent } from './content.js'

/** A request, ready for its calls. */
export interface PreparedEmbeddings {
  readonly target: ModelTarget
  readonly inputsCount: number
  readonly encodingFormat: EmbeddingRequest['encodingFormat']
  readonly dropped: readonly string[]
  readonly waiting: readonly QueuedInput<EmbeddingContent>[]
}

/** The inputs with text in place of tokens, checked. Throws a `GatewayError` that names the input. */
export function toReadyInputs(
  request: EmbeddingRequest,
  adapter: EmbeddingAdapter,
  decode: (tokens: readonly number[], param: string) => string,
): readonly ReadyInput[] {
  adapter.checkOptions(request)
  return request.inputs.map((input, index) => {
    const param = request.inputs.length === 1 ? 'input' : `input[${index}]`
    const ready = toReady(input, param, decode)
    adapter.check(ready, param, request.truncate)
    return ready
  })
}

function toReady(
  input: EmbeddingInput,
  param: string,
  decode: (tokens: readonly number[], param: string) => string,
): ReadyInput {
  if (input.type !== 'tokens') return input
  const text = decode(input.tokens, param)
  if (text.trim() !== '') return { type: 'text', text }
  throw new GatewayError('invalid_request', `${param} must be tokens of cl100k_base that make a text`, {
    param,
  })
}

/**
 * The members of a request that its model does not see, by name. Throws a `GatewayError` that names the first one where the
 * alias, or else the setting, says that nothing is dropped.
 */
export function toDropped(
  request: EmbeddingRequest,
  adapter: EmbeddingAdapter,
  { target, dropParams }: { readonly target: ModelTarget; readonly dropParams: boolean },
): readonly string[] {
  const dropped = createDropList(target.defaults?.dropParams ?? dropParams, target.requested)
  for (const name of request.dropped) dropped.add(name)
  if (request.purposeField !== null && !adapter.takesPurpose) dropped.add(request.purposeField)
  return dropped.names()
}

export function toOptions({ dimensions, purpose, truncate }: EmbeddingRequest): EmbeddingOptions {
  return { dimensions, purpose, truncate }
}
