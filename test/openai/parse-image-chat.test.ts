import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../src/errors.js'
import type { Fields } from '../../src/openai/fields.js'
import {
  checkImageParameters,
  type ImageChat,
  imageUseOf,
  parseImageChat,
} from '../../src/openai/parse-image-chat.js'

const IMAGE = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
const text = (words: string): object => ({ type: 'text', text: words })
const user = (content: unknown): object => ({ role: 'user', content })

function parse(members: Fields = {}): ImageChat {
  return parseImageChat({ model: 'm', messages: [user('a cat')], ...members }, { imagesMax: 4 })
}

/** The refusal of these members. */
function refusal(members: Fields): GatewayError {
  try {
    parse(members)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  return assert.fail('nothing was refused')
}

test('the texts of the last user message are the prompt, a line for each', () => {
  const messages = [
    user('a dog'),
    { role: 'assistant', content: 'Here.' },
    user([text('a cat'), text('on a mat')]),
  ]
  assert.equal(parse({ messages }).request.prompt, 'a cat\non a mat')
})

test('what comes after the last user message changes nothing', () => {
  const messages = [user('a cat'), { role: 'assistant', content: 'Here' }]
  assert.equal(parse({ messages }).request.prompt, 'a cat')
})

test('blank text is no prompt', () => {
  assert.equal(parse({ messages: [user(' \n')] }).request.prompt, null)
  assert.equal(parse({ messages: [user([IMAGE])] }).request.prompt, null)
})

test('only the pictures of the last user message count, and each says where it stands', () => {
  const file = { type: 'file', file: { file_data: 'AAAA' } }
  const messages = [user([IMAGE, text('look')]), user([text('edit'), IMAGE, file])]
  const { pictures } = parse({ messages })
  assert.deepEqual(
    pictures.map(({ param, part }) => [param, part.type]),
    [
      ['messages[1].content[1]', 'image'],
      ['messages[1].content[2]', 'file'],
    ],
  )
})

test('parameters of images are read beside the messages, in extra_body and in the model fields; beside goes before', () => {
  const { request, output } = parse({
    n: 3,
    seed: 5,
    extra_body: { size: '512x768', seed: 6, image_output: 'markdown' },
    additionalModelRequestFields: { strength: 0.5, size: '1x1' },
  })
  assert.equal(request.count, 3)
  assert.equal(request.seed, 5)
  assert.deepEqual(request.size, { width: 512, height: 768 })
  assert.deepEqual(request.others, { strength: 0.5 })
  assert.equal(output, 'markdown')
})

test('without a word about it pictures are images of the message, whole and without usage', () => {
  const { output, stream, includeUsage, request } = parse({ stream: null, image_output: null })
  assert.deepEqual(
    { output, stream, includeUsage, guardrail: request.guardrail },
    {
      output: 'images',
      stream: false,
      includeUsage: false,
      guardrail: null,
    },
  )
  const streamed = parse({ stream: true, stream_options: { include_usage: true } })
  assert.ok(streamed.stream && streamed.includeUsage)
  // The request to the model never streams.
  assert.equal(streamed.request.stream, false)
})

test('what a chat has and a picture has not stays, to be named', () => {
  const { request } = parse({
    temperature: 0.5,
    tools: [],
    prompt: 'a dog',
    mask: 'AAAA',
    images: ['AAAA'],
    response_format: { type: 'json_object' },
  })
  assert.deepEqual(Object.keys(request.others).sort(), [
    'images',
    'mask',
    'prompt',
    'response_format',
    'temperature',
    'tools',
  ])
  assert.equal(request.prompt, 'a cat')
  assert.equal(request.responseFormat, 'b64_json')
  assert.deepEqual(parse({ response_format: { type: 'text' } }).request.others, {})
})

for (const [name, members, param] of [
  ['no messages at all', { messages: undefined }, 'messages'],
  ['an empty list', { messages: [] }, 'messages'],
  ['no user message', { messages: [{ role: 'system', content: 'a' }] }, 'messages'],
  ['a broken message', { messages: [user('a'), { role: 'user', content: 7 }] }, 'messages[1].content'],
  ['video', { messages: [user([{ type: 'video_url', video_url: 'https://a' }])] }, 'messages[0].content[0]'],
  ['n over the limit', { n: 5 }, 'n'],
  ['a wrong size', { extra_body: { size: 'big' } }, 'size'],
  ['a wrong output', { image_output: 'html' }, 'image_output'],
  ['stream as a word', { stream: 'yes' }, 'stream'],
  ['extra_body as a word', { extra_body: 'size' }, 'extra_body'],
] as const) {
  test(`${name} is refused, naming ${param}`, () => {
    const { code, param: named } = refusal(members)
    assert.equal(code, 'invalid_request')
    assert.equal(named, param)
  })
}

test('any members are read or refused, and never break the reader', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (members, content) => {
      try {
        parse({ ...members, messages: [user(content)] })
      } catch (error) {
        assert.ok(error instanceof GatewayError)
      }
    }),
  )
})

for (const [name, messages, use] of [
  ['text', [user('a')], 'generation'],
  ['text in parts', [user([text('a')])], 'generation'],
  ['a picture', [user([text('a'), IMAGE])], 'edit'],
  ['a picture of old', [user([IMAGE]), user('a')], 'generation'],
  ['a picture before an answer', [user([IMAGE]), { role: 'assistant', content: 'a' }], 'edit'],
  ['no list', 'hello', 'generation'],
  ['no messages in the list', [null, 7, user(null), user([null, 7])], 'generation'],
] as const) {
  test(`${name} asks for ${use}`, () => {
    assert.equal(imageUseOf({ messages }), use)
  })
}

test('parameters that are set for a name are checked', () => {
  checkImageParameters({ size: '1024x1024', image_output: 'markdown-url', temperature: 'not looked at' })
  for (const wrong of [
    { size: 7 },
    { image_output: 'html' },
    { output_format: 'gif' },
    { output_compression: 101 },
  ]) {
    assert.throws(
      () => checkImageParameters(wrong),
      (error) => error instanceof GatewayError && error.param === Object.keys(wrong)[0],
    )
  }
})
