import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ConverseCommand, type ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime'
import { parseConverse } from './converse-request.js'
import { type Emulator, startEmulator } from './emulator.js'
import { createPromptCache } from './prompt-cache.js'
import { runtimeClient } from './sdk-clients.js'

const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
const words = (count: number, word = 'word') => Array<string>(count).fill(word).join(' ')
const cachePoint = { cachePoint: { type: 'default' } }
const user = (...content: unknown[]) => ({ role: 'user', content })
const assistant = (...content: unknown[]) => ({ role: 'assistant', content })

test('createPromptCache: the second identical prefix is read, what follows it is counted apart', () => {
  const cache = createPromptCache()
  const request = (question: string) =>
    parseConverse({
      system: [{ text: words(2000) }, cachePoint],
      messages: [user({ text: question })],
    })
  const first = cache.use(request('one'), SONNET)
  assert.deepEqual(
    [first.cacheReadInputTokens, first.cacheWriteInputTokens, first.cacheDetails],
    [0, 2001, [{ ttl: '5m', inputTokens: 2001 }]],
  )
  const second = cache.use(request('two'), SONNET)
  assert.deepEqual(second, {
    inputTokens: first.inputTokens,
    cacheReadInputTokens: 2001,
    cacheWriteInputTokens: 0,
  })
  assert.equal(cache.use(request('two'), 'amazon.nova-lite-v1:0').cacheReadInputTokens, 0)
})

test('createPromptCache: a prefix under the minimum of the model, or of a model without a cache, is not cached', () => {
  const cache = createPromptCache()
  const use = (count: number, modelId: string) => {
    const request = parseConverse({
      system: [{ text: words(count) }, cachePoint],
      messages: [user({ text: 'x' })],
    })
    return cache.use(request, modelId).cacheWriteInputTokens
  }
  assert.equal(use(1000, SONNET), 0)
  assert.equal(use(1100, SONNET), 1101)
  assert.equal(use(4000, 'anthropic.claude-haiku-4-5-20251001-v1:0'), 0)
  assert.equal(use(9000, 'meta.llama3-3-70b-instruct-v1:0'), 0)
})

test('createPromptCache: a point that moves with the conversation reads what the point before it wrote', () => {
  const cache = createPromptCache()
  const opening = user({ text: words(1500) })
  const one = cache.use(
    parseConverse({ messages: [{ ...opening, content: [...opening.content, cachePoint] }] }),
    SONNET,
  )
  const two = cache.use(
    parseConverse({
      messages: [opening, assistant({ text: 'yes' }), user({ text: words(300) }, cachePoint)],
    }),
    SONNET,
  )
  assert.equal(two.cacheReadInputTokens, one.cacheWriteInputTokens)
  assert((two.cacheWriteInputTokens ?? 0) > 300)
})

let emulator: Emulator
before(async () => {
  emulator = await startEmulator()
})
after(() => emulator.close())

test('cacheHit: the usage of a reply has both counts, and its total includes them', async () => {
  emulator.set({ cacheHit: true, text: 'ok' })
  const input: ConverseCommandInput = {
    modelId: `us.${SONNET}`,
    system: [{ text: words(1200) }, { cachePoint: { type: 'default', ttl: '1h' } }],
    messages: [{ role: 'user', content: [{ text: 'x' }] }],
  }
  const usage = async () => (await runtimeClient(emulator).send(new ConverseCommand(input))).usage
  const first = await usage()
  assert.equal(first?.cacheWriteInputTokens, 1201)
  assert.deepEqual(first.cacheDetails, [{ ttl: '1h', inputTokens: 1201 }])
  const second = await usage()
  assert.deepEqual([second?.cacheReadInputTokens, second?.cacheWriteInputTokens], [1201, 0])
  assert.equal(second?.totalTokens, 1201 + (second?.inputTokens ?? 0) + (second?.outputTokens ?? 0))
})
