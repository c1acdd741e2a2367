import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../../src/errors.js'
import type { Fields } from '../../../src/openai/fields.js'
import type { ImageRequest } from '../../../src/openai/image-types.js'
import { parseImageRequest } from '../../../src/openai/parse-image-request.js'
import { IMAGE_ADAPTERS, imageAdapterOf } from '../../../src/translate/image-models/image-adapter-of.js'
import { toImageCalls } from '../../../src/translate/image-models/to-image-calls.js'
import type { EditInputs, ImageAdapter } from '../../../src/translate/image-models/types.js'
import { imagePolicy, imageTarget } from './image-target.js'

const CANVAS = imageTarget('amazon.nova-canvas-v1:0')
const CORE = imageTarget('stability.stable-image-core-v1:1')

const request = (fields: Fields = {}): ImageRequest =>
  parseImageRequest({ prompt: 'a cat', ...fields }, { imagesMax: 10 })

const seedOf = (body: Fields): unknown => (body['imageGenerationConfig'] as Fields)['seed']

test('a model with a fixed seed is told one, so that the same prompt gives another picture', () => {
  const context = { target: CANVAS, edit: null, policy: imagePolicy() }
  const seeds = [0, 0.5, 1 - 2 ** -53].map((random) => {
    const { calls } = toImageCalls(request({ n: 6 }), { ...context, random: () => random })
    return calls.map(({ body }) => seedOf(body))
  })
  assert.deepEqual(seeds[0], [0, 5])
  for (const [first, second] of seeds as unknown as readonly (readonly [number, number])[]) {
    assert.equal(second, first + 5)
    assert.ok(second + 1 <= 2_147_483_646)
  }
  assert.equal(new Set(seeds.map(([first]) => first)).size, 3)
})

test('a model that chooses its own seed is left alone', () => {
  const { calls } = toImageCalls(request({ n: 2 }), { target: CORE, edit: null, policy: imagePolicy() })
  assert.deepEqual(
    calls.map(({ body }) => body['seed']),
    [undefined, undefined],
  )
})

test('what an alias says about dropping goes before the setting', () => {
  const lenient = {
    ...CORE,
    defaults: { parameters: {}, systemPrompt: null, guardrail: null, dropParams: true },
  }
  const strict = {
    ...CORE,
    defaults: { parameters: {}, systemPrompt: null, guardrail: null, dropParams: false },
  }
  const steps = request({ steps: 5 })
  assert.deepEqual(
    toImageCalls(steps, { target: lenient, edit: null, policy: imagePolicy({ dropParams: false }) }).dropped,
    ['steps'],
  )
  assert.throws(
    () => toImageCalls(steps, { target: strict, edit: null, policy: imagePolicy() }),
    GatewayError,
  )
})

test('a mask means the inside or, to outpainting with Nova and Titan, the outside', () => {
  const { maskOf } = imageAdapterOf(CANVAS)
  assert.equal(maskOf(request()), 'black-edits')
  assert.equal(maskOf(request({ task: 'INPAINTING' })), 'black-edits')
  assert.equal(maskOf(request({ task_type: 'outpainting' })), 'white-edits')
  assert.equal(maskOf(request({ task: 'BACKGROUND_REMOVAL' })), 'none')
  const inpaint = imageAdapterOf({ id: 'us.stability.stable-image-inpaint-v1:0', foundationId: null })
  assert.equal(inpaint.maskOf(request()), 'white-edits')
})

/** The first four times out of five. */
function mostly<First, Second>(first: First, second: Second): fc.Arbitrary<First | Second> {
  return fc.integer({ min: 0, max: 4 }).map((draw) => (draw === 4 ? second : first))
}

const side = fc.oneof(fc.integer({ min: 16, max: 3000 }), fc.integer({ min: 16, max: 16_384 }))
const ratio = fc.constantFrom('1:1', '21:9', '9:16', '4:3')
const number = fc.oneof(fc.double({ min: -1, max: 12, noNaN: true }), fc.integer({ min: -1, max: 25 }))
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('a cat', 'cat => dog', 'cat => dog', 'x'.repeat(600), 'x'.repeat(2000)),
)
const members: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  n: fc.integer({ min: 1, max: 10 }),
  size: fc.tuple(side, side).map(([width, height]) => `${width}x${height}`),
  quality: fc.constantFrom('hd', 'low', 'auto', 'x'),
  style: fc.constantFrom('vivid', 'anime', 'photorealism'),
  background: fc.constantFrom('transparent', 'opaque'),
  output_format: fc.constantFrom('png', 'jpeg', 'webp'),
  output_compression: fc.integer({ min: 0, max: 100 }),
  seed: fc.oneof(fc.maxSafeNat(), fc.integer({ min: 0, max: 100 })),
  negative_prompt: text,
  task: fc.constantFrom(
    'TEXT_IMAGE',
    'IMAGE_VARIATION',
    'INPAINTING',
    'OUTPAINTING',
    'COLOR_GUIDED_GENERATION',
    'BACKGROUND_REMOVAL',
  ),
  colors: fc.array(fc.constantFrom('#ff9900', '#000000', 'red'), { maxLength: 12 }),
  cfg_scale: number,
  similarity_strength: number,
  control_strength: number,
  strength: number,
  creativity: number,
  fidelity: number,
  style_strength: number,
  composition_fidelity: number,
  change_strength: number,
  grow_mask: number,
  left: fc.integer({ min: 0, max: 2100 }),
  mask_prompt: text,
  search_prompt: text,
  select_prompt: text,
  style_preset: fc.constantFrom('anime', 'pixel-art', 'baroque'),
  aspect_ratio: ratio,
}
/** A prompt and a few other members: with all of them at once hardly any request is a good one. */
const fields: fc.Arbitrary<Fields> = fc
  .tuple(
    fc.record({ prompt: text, ...members }),
    fc.subarray(Object.keys(members), { maxLength: 4 }),
    mostly(['prompt'], []),
  )
  .map(([all, some, prompt]) =>
    Object.fromEntries([...prompt, ...some].map((name) => [name, (all as Fields)[name]])),
  )
const picture = fc.record({
  width: fc.integer({ min: 64, max: 4000 }),
  height: fc.integer({ min: 64, max: 4000 }),
  format: fc.constant('png' as const),
  base64: fc.constant('QQ=='),
})
/** Nothing, or pictures: as many as the model takes, or any number. */
function editFor({ input }: ImageAdapter): fc.Arbitrary<EditInputs | null> {
  const most = input?.countMax ?? 1
  return fc.option(
    fc.record({
      images: fc.oneof(
        fc.array(picture, { minLength: most, maxLength: most }),
        fc.array(picture, { maxLength: 7 }),
      ),
      mask: mostly(null, 'TQ=='),
    }),
  )
}

/** Ranges of every number in a body, as AWS documents them (facts C11). */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  numberOfImages: [1, 5],
  cfgScale: [1.1, 10],
  similarityStrength: [0.2, 1],
  controlStrength: [0, 1],
  strength: [0, 1],
  control_strength: [0, 1],
  fidelity: [0, 1],
  style_strength: [0, 1],
  composition_fidelity: [0, 1],
  change_strength: [0.1, 1],
  grow_mask: [0, 20],
  left: [0, 2000],
  right: [0, 2000],
  up: [0, 2000],
  down: [0, 2000],
}
const RATIOS = ['1:1', '16:9', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21']

/** What a body says that the model's documentation does not allow. */
function problemsOf(model: string, body: Fields): readonly string[] {
  const amazon = model.startsWith('amazon.')
  const textMax = model.startsWith('amazon.titan') ? 512 : amazon ? 1024 : 10_000
  const seedMax = amazon ? 2_147_483_646 : 4_294_967_294
  const config = (body['imageGenerationConfig'] ?? {}) as Fields
  const [parameters = body] = Object.entries(body)
    .filter(([name]) => name.endsWith('Params'))
    .map(([, value]) => value as Fields)
  const said = { ...body, ...config, ...parameters }
  const problems: string[] = []
  const check = (good: boolean, problem: string): void => {
    if (!good) problems.push(problem)
  }
  for (const [name, value] of Object.entries(said)) {
    check(value !== null && value !== undefined, `${name} is null`)
    const range = RANGES[name]
    if (range !== undefined) check(Number(value) >= range[0] && Number(value) <= range[1], `${name} ${value}`)
  }
  for (const name of ['text', 'prompt', 'negativeText', 'negative_prompt', 'maskPrompt', 'search_prompt']) {
    const value = said[name]
    if (value !== undefined)
      check([...String(value)].length <= textMax && value !== '', `${name} is too long`)
  }
  const { seed, width, height, creativity } = said as Readonly<Record<string, number | undefined>>
  if (seed !== undefined) check(Number.isInteger(seed) && seed >= 0 && seed <= seedMax, `seed ${seed}`)
  if (creativity !== undefined) {
    check(
      creativity >= 0.1 && creativity <= (model.includes('upscale') ? 0.5 : 1),
      `creativity ${creativity}`,
    )
  }
  if (model.startsWith('amazon.nova-canvas') && width !== undefined && height !== undefined) {
    const good = [width, height].every((each) => each >= 320 && each <= 4096 && each % 16 === 0)
    check(good && width * height < 4_194_304, `${width}x${height}`)
    check(width <= 4 * height && height <= 4 * width, `${width}x${height}`)
  }
  if (model.startsWith('amazon.titan') && width !== undefined && height !== undefined) {
    check(Math.max(width, height) <= 1408 && Math.min(width, height) >= 320, `${width}x${height}`)
  }
  if (said['aspect_ratio'] !== undefined) check(RATIOS.includes(String(said['aspect_ratio'])), 'aspect_ratio')
  if (model.includes('outpaint')) {
    check(
      ['left', 'right', 'up', 'down'].some((each) => Number(said[each]) > 0),
      'no side',
    )
  }
  const inputs = (said['images'] ?? []) as readonly unknown[]
  check(inputs.length <= 5, `${inputs.length} images`)
  if (body['taskType'] === 'INPAINTING' || body['taskType'] === 'OUTPAINTING') {
    check((said['maskImage'] === undefined) !== (said['maskPrompt'] === undefined), 'mask')
  }
  return problems
}

for (const [idPrefix, adapter] of IMAGE_ADAPTERS) {
  const target = imageTarget(`${idPrefix}v1:0`)
  test(`${idPrefix}: any accepted request gives bodies within the model's limits, any other a 400 that names a field`, () => {
    let accepted = 0
    fc.assert(
      fc.property(fields, editFor(adapter), mostly(true, false), (said, inputs, dropParams) => {
        const parsed = parseImageRequest(said, { imagesMax: 10 })
        let made: ReturnType<typeof toImageCalls>
        try {
          made = toImageCalls(parsed, { target, edit: inputs, policy: imagePolicy({ dropParams }) })
        } catch (error) {
          assert(error instanceof GatewayError, String(error))
          assert.equal(error.status, 400)
          assert.notEqual(error.param, null)
          return
        }
        accepted += 1
        const pictures = made.calls.reduce((sum, { count }) => sum + count, 0)
        assert.equal(pictures, parsed.count)
        for (const { body } of made.calls) assert.deepEqual(problemsOf(target.id, body), [])
      }),
      { numRuns: 2000 },
    )
    assert.ok(accepted >= 10, `${accepted} requests were accepted`)
  })
}
