import type { ModelTarget } from '../../catalog/types.js'
import { fieldError } from '../../openai/fields.js'
import type { ImageRequest } from '../../openai/image-types.js'
import type { Guardrail } from '../../openai/types.js'
import { createDropList, dropsParams } from '../drop-list.js'
import { chooseGuardrail } from '../guardrail.js'
import type { TranslationPolicy } from '../policy.js'
import { checkInputs } from './check-inputs.js'
import { imageAdapterOf } from './image-adapter-of.js'
import type { EditInputs, ImageAdapter } from './types.js'

/** One InvokeModel call, before JSON. */
export interface ImageCallBody {
  readonly body: Readonly<Record<string, unknown>>
  /** Pictures that it makes. */
  readonly count: number
}

export interface ImageCalls {
  readonly calls: readonly ImageCallBody[]
  /** Watches each of them; null: none does. */
  readonly guardrail: Guardrail | null
  /** Request parameters that the model never sees. */
  readonly dropped: readonly string[]
}

/** What the operator says of image requests; an alias's word goes before it. */
export type ImagePolicy = Pick<TranslationPolicy, 'dropParams' | 'guardrail' | 'guardrailRequired'>

export interface ImageCallsContext {
  readonly target: ModelTarget
  /** Null: pictures are made from words alone. */
  readonly edit: EditInputs | null
  readonly policy: ImagePolicy
  /** 0 to 1, as `Math.random`: for models that would make the same picture again and again. */
  readonly random?: () => number
}

/**
 * The calls that make `n` pictures, in order: as many in each as the model makes at once, each with a seed of its own where
 * one is named. Throws a `GatewayError` that names the field.
 */
export function toImageCalls(request: ImageRequest, context: ImageCallsContext): ImageCalls {
  const { target, edit, random = Math.random } = context
  const adapter = imageAdapterOf(target)
  checkInputs(adapter, request, {
    images: edit?.images.length ?? null,
    masked: (edit?.mask ?? null) !== null,
  })
  const dropped = createDropList(dropsParams(context), target.requested)
  const guardrail = chooseGuardrail(request, context, dropped)
  const firstSeed = toFirstSeed(request, { adapter, random })
  const calls: ImageCallBody[] = []
  for (let start = 0; start < request.count; start += adapter.imagesPerCall) {
    const count = Math.min(adapter.imagesPerCall, request.count - start)
    const seed = firstSeed === null ? null : firstSeed + start
    calls.push({ body: adapter.toBody({ request, edit, count, seed, dropped }), count })
  }
  return { calls, guardrail, dropped: dropped.names() }
}

/** The seed of the first call; each later one is as far from it as its first picture. Null: the model's choice. */
function toFirstSeed(
  { seed, count }: ImageRequest,
  { adapter, random }: { readonly adapter: ImageAdapter; readonly random: () => number },
): number | null {
  const seedMax = adapter.seedMax - (count - 1)
  if (seed === null) return adapter.seedDefault === 'random' ? null : Math.floor(random() * seedMax)
  if (seed <= seedMax) return seed
  throw fieldError(
    'seed',
    `a whole number between 0 and ${seedMax}${count > 1 ? ` with n=${count}` : ''}`,
    seed,
  )
}
