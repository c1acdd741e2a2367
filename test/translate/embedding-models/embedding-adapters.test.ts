import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { GatewayError } from '../../../src/errors.js'
import { embeddingAdapterOf } from '../../../src/translate/embedding-models/embedding-adapters.js'
import type {
  EmbeddingAdapter,
  EmbeddingOptions,
  ReadyInput,
} from '../../../src/translate/embedding-models/types.js'
import { recordingsDir, skipWithout } from '../../shared.js'

const NONE: EmbeddingOptions = { dimensions: null, purpose: null, truncate: null }
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ'
const GIF = 'R0lGODlhAQABAIAAAAAAAP'

const MODELS = {
  titanV1: 'amazon.titan-embed-text-v1',
  titanV2: 'amazon.titan-embed-text-v2:0',
  titanImage: 'amazon.titan-embed-image-v1',
  nova: 'amazon.nova-2-multimodal-embeddings-v1:0',
  cohereV3: 'cohere.embed-multilingual-v3',
  cohereV4: 'cohere.embed-v4:0',
} as const

function adapterOf(id: string, foundationId: string | null = id): EmbeddingAdapter {
  return embeddingAdapterOf({ id, foundationId, requested: id })
}

function bodyOf(id: string, inputs: readonly ReadyInput[], options: Partial<EmbeddingOptions> = {}): unknown {
  return JSON.parse(JSON.stringify(adapterOf(id).toBody(inputs, { ...NONE, ...options })))
}

const text = (value: string): ReadyInput => ({ type: 'text', text: value })
const image = (base64: string): ReadyInput => ({ type: 'image', base64 })

function refusal(act: () => void): { readonly param: string | null; readonly message: string } {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.status, 400)
    return error
  }
  assert.fail('it was taken')
}

suite('embedding adapters: bodies', () => {
  test('each family in its own words, for documents where nothing is said', () => {
    const [one, two] = [text('a'), text('b')]
    assert.deepEqual(bodyOf(MODELS.titanV1, [one]), { inputText: 'a' })
    assert.deepEqual(bodyOf(MODELS.titanV2, [one]), { inputText: 'a', normalize: true })
    assert.deepEqual(bodyOf(MODELS.titanV2, [one], { dimensions: 256, purpose: 'query' }), {
      inputText: 'a',
      dimensions: 256,
      normalize: true,
    })
    assert.deepEqual(bodyOf(MODELS.titanImage, [one], { dimensions: 384 }), {
      inputText: 'a',
      embeddingConfig: { outputEmbeddingLength: 384 },
    })
    assert.deepEqual(bodyOf(MODELS.cohereV3, [one, two]), {
      texts: ['a', 'b'],
      input_type: 'search_document',
      truncate: 'END',
    })
    assert.deepEqual(
      bodyOf(MODELS.cohereV4, [one], { dimensions: 512, purpose: 'query', truncate: 'start' }),
      { texts: ['a'], input_type: 'search_query', truncate: 'START', output_dimension: 512 },
    )
    assert.deepEqual(bodyOf(MODELS.nova, [one]), {
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: {
        embeddingPurpose: 'GENERIC_INDEX',
        text: { truncationMode: 'END', value: 'a' },
      },
    })
  })

  test('images in the words of the models that see them, with the format that their bytes have', () => {
    assert.deepEqual(bodyOf(MODELS.titanImage, [image(PNG)]), { inputImage: PNG })
    assert.deepEqual(bodyOf(MODELS.cohereV3, [image(PNG)]), {
      images: [`data:image/png;base64,${PNG}`],
      input_type: 'image',
    })
    assert.deepEqual(
      bodyOf(MODELS.cohereV4, [image(PNG), image(GIF)], { dimensions: 256, purpose: 'query' }),
      {
        images: [`data:image/png;base64,${PNG}`, `data:image/gif;base64,${GIF}`],
        input_type: 'search_query',
        output_dimension: 256,
      },
    )
    assert.deepEqual(bodyOf(MODELS.nova, [image(PNG)], { purpose: 'query', dimensions: 1024 }), {
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: {
        embeddingPurpose: 'GENERIC_RETRIEVAL',
        embeddingDimension: 1024,
        image: { format: 'png', source: { bytes: PNG } },
      },
    })
  })

  test('a text longer than the model takes is cut at the end, or where the client says', () => {
    const long = text(`${'a'.repeat(60_000)}z`)
    const sent = (id: string, truncate: EmbeddingOptions['truncate']): string =>
      JSON.stringify(bodyOf(id, [long], { truncate })).replace(/[^az]*"(a+z?)".*/, '$1')
    assert.equal((bodyOf(MODELS.titanV2, [long]) as { inputText: string }).inputText.length, 50_000)
    assert.equal((bodyOf(MODELS.titanImage, [long]) as { inputText: string }).inputText.length, 588)
    assert.equal((bodyOf(MODELS.cohereV3, [long]) as { texts: string[] }).texts[0]?.length, 2048)
    assert.equal((bodyOf(MODELS.cohereV4, [long]) as { texts: string[] }).texts[0]?.length, 60_001)
    assert.match(sent(MODELS.titanV1, 'start'), /z/)
    assert.doesNotMatch(sent(MODELS.titanV1, 'end'), /z/)
    assert.match(sent(MODELS.titanV1, 'none'), /z/)
  })

  test('every recorded request is what the adapter says for the same input', {
    skip: skipWithout(recordingsDir),
  }, () => {
    const recorded = readEmbeddingRequests()
    assert.ok(recorded.length >= 25, `${recorded.length} recordings`)
    for (const { id, modelId, json } of recorded) {
      const adapter = adapterOf(modelId, modelId.replace(/^us\./, ''))
      const inputs = textsOf(json).map(text)
      for (const [index, input] of inputs.entries()) adapter.check(input, `input[${index}]`)
      const options = optionsOf(json)
      adapter.checkOptions(options)
      assert.deepEqual(normalize(adapter.toBody(inputs, options)), normalize(json), id)
    }
  })
})

suite('embedding adapters: refusals', () => {
  test('sizes that a model does not have, with those that it has', () => {
    const check = (id: string, dimensions: number) => () =>
      adapterOf(id).checkOptions({ ...NONE, dimensions })
    assert.deepEqual(
      [MODELS.titanV1, MODELS.titanV2, MODELS.titanImage, MODELS.nova, MODELS.cohereV3, MODELS.cohereV4].map(
        (id) => refusal(check(id, 7)).message,
      ),
      [
        'dimensions must be 1536 for Titan Text Embeddings G1, got 7',
        'dimensions must be 256, 512, 1024 for Titan Text Embeddings V2, got 7',
        'dimensions must be 256, 384, 1024 for Titan Multimodal Embeddings G1, got 7',
        'dimensions must be 256, 384, 1024, 3072 for Nova Multimodal Embeddings, got 7',
        'dimensions must be 1024 for Cohere Embed v3, got 7',
        'dimensions must be 256, 512, 1024, 1536 for Cohere Embed v4, got 7',
      ],
    )
    assert.equal(refusal(check(MODELS.titanV1, 7)).param, 'dimensions')
    check(MODELS.titanV1, 1536)()
  })

  test('what the model can’t embed, by the name of the input', () => {
    const check = (id: string, input: ReadyInput, truncate: EmbeddingOptions['truncate'] = null) =>
      refusal(() => adapterOf(id).check(input, 'input[3]', truncate))
    assert.equal(check(MODELS.titanV2, text(' ')).message, 'input[3] must not be blank')
    assert.match(
      check(MODELS.titanV2, image(PNG)).message,
      /^input\[3\] is an image, and Titan .* takes texts only/,
    )
    assert.match(
      check(MODELS.cohereV3, image(GIF)).message,
      /^input\[3\] must be png, jpeg for Cohere Embed v3, got gif$/,
    )
    // What begins like no picture is refused by Bedrock, too, in words that name no input.
    assert.match(check(MODELS.nova, image('AAAA')).message, /got bytes of no picture$/)
    const large = image(PNG + 'A'.repeat(7 * 1024 * 1024))
    assert.match(check(MODELS.titanImage, large).message, /at most 5242880 bytes .*, got \d+/)
    const long = check(MODELS.cohereV3, text('a'.repeat(2049)), 'none')
    assert.match(long.message, /^input\[3\] must be at most 2048 characters .*, got 2049$/)
    assert.equal(long.param, 'input[3]')
    adapterOf(MODELS.cohereV3).check(text('a'.repeat(2049)), 'input[3]')
    adapterOf(MODELS.cohereV4).check(image(PNG), 'input[3]')
  })

  test('a model that nobody knows how to ask', () => {
    const { param, message } = refusal(() => adapterOf('twelvelabs.marengo-embed-2-7-v1:0'))
    assert.equal(param, 'model')
    assert.match(message, /twelvelabs\.marengo/)
  })

  test('profiles lead to their foundation model', () => {
    const profile = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/otnfa2ysixqd'
    assert.equal(adapterOf(profile, MODELS.titanV2), adapterOf(MODELS.titanV2))
    assert.equal(adapterOf('us.cohere.embed-v4:0', MODELS.cohereV4), adapterOf(MODELS.cohereV4))
  })
})

interface RecordedRequest {
  readonly id: string
  readonly modelId: string
  readonly json: Readonly<Record<string, unknown>>
}

function readEmbeddingRequests(): readonly RecordedRequest[] {
  return readdirSync(recordingsDir)
    .filter((name) => /^\d{4}\.json$/.test(name))
    .map((name) => {
      const file = JSON.parse(readFileSync(join(recordingsDir, name), 'utf8')) as {
        modelId: string
        request: { json?: Record<string, unknown> }
      }
      return { id: name.slice(0, 4), modelId: file.modelId, json: file.request.json ?? {} }
    })
    .filter(({ modelId }) => /embed/.test(modelId) && !modelId.startsWith('arn:'))
}

interface Said {
  readonly texts?: readonly string[]
  readonly inputText?: string
  readonly input_type?: string
  readonly truncate?: string
  readonly dimensions?: number
  readonly output_dimension?: number
  readonly singleEmbeddingParams?: {
    readonly embeddingPurpose: string
    readonly embeddingDimension?: number
    readonly text: { readonly value: string; readonly truncationMode: string }
  }
}

function textsOf(json: Said): readonly string[] {
  return json.texts ?? [json.inputText ?? json.singleEmbeddingParams?.text.value ?? '']
}

function optionsOf(json: Said): EmbeddingOptions {
  const nova = json.singleEmbeddingParams
  const purposes: Readonly<Record<string, EmbeddingOptions['purpose']>> = {
    search_query: 'query',
    GENERIC_RETRIEVAL: 'query',
    TEXT_RETRIEVAL: 'query',
    classification: 'classification',
    clustering: 'clustering',
  }
  const truncate = (json.truncate ?? nova?.text.truncationMode)?.toLowerCase() ?? null
  return {
    dimensions: json.dimensions ?? json.output_dimension ?? nova?.embeddingDimension ?? null,
    purpose: purposes[json.input_type ?? nova?.embeddingPurpose ?? ''] ?? null,
    truncate: truncate as EmbeddingOptions['truncate'],
  }
}

/** Without what a client said that our requests have no word for, and with what is sent always. */
function normalize(body: Readonly<Record<string, unknown>>): unknown {
  const { max_tokens: _tokens, embedding_types: _types, ...rest } = body
  const text = JSON.stringify(rest).replace('TEXT_RETRIEVAL', 'GENERIC_RETRIEVAL')
  const json = JSON.parse(text) as Record<string, unknown>
  const cohere = 'texts' in json ? { truncate: 'END' } : {}
  return { ...cohere, ...json, ...('normalize' in json ? { normalize: true } : {}) }
}
