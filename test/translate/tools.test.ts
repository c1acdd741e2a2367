import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ToolConfig, ToolSpec } from '../../src/bedrock/types.js'
import type { Capabilities } from '../../src/catalog/types.js'
import { GatewayError } from '../../src/errors.js'
import type { ChatRequest } from '../../src/openai/types.js'
import { createDropList } from '../../src/translate/drop-list.js'
import { createToolNames } from '../../src/translate/tool-names.js'
import { isForced, toToolConfig } from '../../src/translate/tools.js'
import { chatContext, chatRequest, chatTarget } from './chat-target.js'

const ANSWER: ToolSpec = { name: 'answer', inputSchema: { json: { type: 'object', properties: {} } } }
const TIME = {
  name: 'get_time',
  description: null,
  parameters: null,
  strict: null,
  cacheControl: null,
} as const

function configOf(
  request: Partial<ChatRequest>,
  can: Partial<Capabilities> = {},
): { readonly config: ToolConfig | null; readonly dropped: readonly string[] } {
  const whole = chatRequest(request)
  const dropped = createDropList(true, 'the-model')
  const config = toToolConfig({
    request: whole,
    context: chatContext(chatTarget(can)),
    names: createToolNames(whole),
    answerTool: ANSWER,
    dropped,
  })
  return { config, dropped: dropped.names() }
}

const namesOf = (config: ToolConfig | null) => config?.tools.map(({ toolSpec }) => toolSpec?.name)

test('toToolConfig: the answer tool alone is forced as far as the model lets itself be forced', () => {
  for (const [toolChoices, toolChoice] of [
    [['any', 'tool'], { tool: { name: 'answer' } }],
    [['tool'], { tool: { name: 'answer' } }],
    [['any'], { any: {} }],
    [[], undefined],
  ] as const) {
    const { config, dropped } = configOf({}, { toolChoices })
    assert.deepEqual(namesOf(config), ['answer'])
    assert.deepEqual(config?.toolChoice, toolChoice)
    assert.equal(isForced(config), toolChoice !== undefined)
    assert.deepEqual(dropped, [])
  }
})

test("toToolConfig: the answer tool stands behind the client's tools, one of which is called", () => {
  const { config } = configOf({ tools: [TIME], toolChoice: { type: 'auto' } })
  assert.deepEqual(namesOf(config), ['get_time', 'answer'])
  assert.deepEqual(config?.toolChoice, { any: {} })
  const undecided = configOf({ tools: [TIME] }, { toolChoices: ['tool'] })
  assert.deepEqual(namesOf(undecided.config), ['get_time', 'answer'])
  assert.equal(undecided.config?.toolChoice, undefined)
})

test('toToolConfig: where the client forces a tool of its own, that is the answer', () => {
  for (const toolChoice of [{ type: 'required' }, { type: 'named', name: 'get_time' }] as const) {
    assert.deepEqual(namesOf(configOf({ tools: [TIME], toolChoice }).config), ['get_time'])
  }
})

test('toToolConfig: none leaves the answer tool alone', () => {
  const { config } = configOf({ tools: [TIME], toolChoice: { type: 'none' } })
  assert.deepEqual(namesOf(config), ['answer'])
  assert.deepEqual(config?.toolChoice, { tool: { name: 'answer' } })
})

test('toToolConfig: a model without tools gets none, and says so', () => {
  const { config, dropped } = configOf({ tools: [TIME] }, { tools: false })
  assert.equal(config, null)
  assert.deepEqual(dropped, ['tools'])
})

test('toToolConfig: one tool that is required is forced by name where a model knows no any', () => {
  const request = chatRequest({ tools: [TIME], toolChoice: { type: 'required' } })
  const dropped = createDropList(true, 'the-model')
  const config = toToolConfig({
    request,
    context: chatContext(chatTarget({ toolChoices: ['tool'] })),
    names: createToolNames(request),
    answerTool: null,
    dropped,
  })
  assert.deepEqual(config?.toolChoice, { tool: { name: 'get_time' } })
  assert.deepEqual(dropped.names(), [])
})

test('toToolConfig: where parameters are not dropped, what a model does not have is refused by name', () => {
  const request = chatRequest({ tools: [TIME], toolChoice: { type: 'required' } })
  const input = {
    request,
    context: chatContext(chatTarget({ toolChoices: [] })),
    names: createToolNames(request),
    answerTool: null,
    dropped: createDropList(false, 'the-model'),
  }
  assert.throws(
    () => toToolConfig(input),
    (error) => error instanceof GatewayError && error.param === 'tool_choice',
  )
})
