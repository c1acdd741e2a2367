import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../src/errors.js'
import { IMAGE_ADAPTERS, imageAdapterOf } from '../../../src/translate/image-models/image-adapter-of.js'

test('each of the 18 families is found by its id', () => {
  assert.equal(IMAGE_ADAPTERS.length, 18)
  for (const [idPrefix, adapter] of IMAGE_ADAPTERS) {
    const foundationId = `${idPrefix}v1:0`
    assert.equal(imageAdapterOf({ id: foundationId, foundationId }), adapter)
  }
})

test('a profile or an ARN that names its model is as good as the id', () => {
  const inpaint = imageAdapterOf({ id: '', foundationId: 'stability.stable-image-inpaint-v1:0' })
  for (const id of [
    'us.stability.stable-image-inpaint-v1:0',
    'arn:aws:bedrock:us-west-2::foundation-model/stability.stable-image-inpaint-v1:0',
    'arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.stability.stable-image-inpaint-v1:0',
  ]) {
    assert.equal(imageAdapterOf({ id, foundationId: null }), inpaint, id)
  }
})

test('no other model is spoken to', () => {
  for (const id of ['stability.stable-diffusion-xl-v1', 'amazon.nova-pro-v1:0', 'constructor', '']) {
    assert.throws(
      () => imageAdapterOf({ id, foundationId: null }),
      (error) => error instanceof GatewayError && error.code === 'unsupported' && error.param === 'model',
    )
  }
})
