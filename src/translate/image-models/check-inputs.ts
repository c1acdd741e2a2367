import { GatewayError } from '../../errors.js'
import type { ImageRequest } from '../../openai/image-types.js'
import type { ImageAdapter } from './types.js'

const NO_MASK =
  'mask must be left out: this model, or its task, takes none; amazon.nova-canvas (INPAINTING, OUTPAINTING) and stable-image-inpaint do'

/** What came with a request beside its fields. */
export interface InputCounts {
  /** Null: the request is no edit. */
  readonly images: number | null
  readonly masked: boolean
}

/**
 * Refuses what a model can't be given before any picture is looked at. Throws a `GatewayError` that names the field, and
 * where there is another way, that way.
 */
export function checkInputs(
  adapter: ImageAdapter,
  request: ImageRequest,
  { images, masked }: InputCounts,
): void {
  if (images === null) {
    if (!adapter.generates) throw onlyEdits()
    return
  }
  if (adapter.input === null) throw onlyGenerates()
  if (images === 0) throw refusal('image', 'image must be a picture, got none')
  const { countMax } = adapter.input
  if (images > countMax) {
    const param = `image[${countMax}]`
    throw refusal(param, `${param} must be left out: this model takes at most ${countMax}, got ${images}`)
  }
  if (masked && adapter.maskOf(request) === 'none') throw refusal('mask', NO_MASK)
}

function refusal(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param })
}

function onlyGenerates(): GatewayError {
  return new GatewayError(
    'unsupported',
    'model must be one that edits: amazon.nova-canvas, stability.sd3-5-large, stability.stable-image-ultra, or one of the Stability image services such as stable-image-inpaint; this one makes pictures from words only.',
    { param: 'model' },
  )
}

function onlyEdits(): GatewayError {
  return new GatewayError(
    'unsupported',
    'image must be a picture: this model edits pictures, so send one to /v1/images/edits.',
    { param: 'image' },
  )
}
