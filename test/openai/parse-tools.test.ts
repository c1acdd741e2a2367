import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors.js'
import { parseToolRequest } from '../../src/openai/parse-tools.js'

const TIME = { type: 'function', function: { name: 'get_time' } }
const DATE = { type: 'function', function: { name: 'get_date' } }
const parsed = (name: string) => ({
  name,
  description: null,
  parameters: null,
  strict: null,
  cacheControl: null,
})

test('parseToolRequest: a request that says nothing of tools', () => {
  assert.deepEqual(parseToolRequest({ tools: null }), {
    tools: [],
    toolChoice: null,
    parallelToolCalls: null,
    legacyFunctions: false,
  })
})

test('parseToolRequest: every way to choose', () => {
  const named = { type: 'named', name: 'get_time' }
  for (const [choice, expected] of [
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'required' }],
    ['any', { type: 'required' }],
    [{ type: 'auto' }, { type: 'auto' }],
    [{ type: 'any' }, { type: 'required' }],
    [{ type: 'function', function: { name: 'get_time' } }, named],
    [{ type: 'function', name: 'get_time' }, named],
    [{ type: 'tool', name: 'get_time' }, named],
  ] as const) {
    const request = parseToolRequest({ tools: [TIME], tool_choice: choice })
    assert.deepEqual(request.toolChoice, expected, JSON.stringify(choice))
  }
})

test('parseToolRequest: a tool without a type is a function, as Anthropic writes it, too', () => {
  const schema = { type: 'object', properties: {} }
  const { tools } = parseToolRequest({
    tools: [
      { function: { name: 'get_time' } },
      { name: 'get_date', description: 'The date.', input_schema: schema },
    ],
  })
  assert.deepEqual(tools, [
    parsed('get_time'),
    { ...parsed('get_date'), description: 'The date.', parameters: schema },
  ])
})

test('parseToolRequest: allowed_tools leaves the others out, nested or flat', () => {
  const nested = {
    type: 'allowed_tools',
    allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'get_date' } }] },
  }
  const flat = { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'get_date' }] }
  for (const choice of [nested, flat]) {
    const request = parseToolRequest({ tools: [TIME, DATE], tool_choice: choice })
    assert.deepEqual(request.tools, [parsed('get_date')])
    assert.deepEqual(request.toolChoice, { type: 'required' })
  }
})

test('parseToolRequest: functions are tools of a client that reads function_call', () => {
  const functions = [{ name: 'get_time' }]
  const request = parseToolRequest({ functions, function_call: { name: 'get_time' } })
  assert.deepEqual(request, {
    tools: [parsed('get_time')],
    toolChoice: { type: 'named', name: 'get_time' },
    parallelToolCalls: null,
    legacyFunctions: true,
  })
  const both = parseToolRequest({ functions, function_call: 'none', tools: [DATE] })
  assert.deepEqual(both.tools, [parsed('get_date')])
  assert.equal(both.toolChoice, null)
  assert.equal(both.legacyFunctions, false)
})

test('parseToolRequest: cache_control beside the type or in the function', () => {
  const control = { cache_control: { type: 'ephemeral', ttl: '1h' } }
  for (const tool of [
    { ...TIME, ...control },
    { type: 'function', function: { name: 'get_time', ...control } },
    { type: 'function', name: 'get_time', ...control },
  ]) {
    assert.deepEqual(parseToolRequest({ tools: [tool] }).tools[0]?.cacheControl, { ttl: '1h' })
  }
})

test('parseToolRequest: a refusal names the member', () => {
  for (const [fields, param] of [
    [{ tools: [{ type: 'custom', custom: { name: 'a' } }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function', name: '' }] }, 'tools[0].name'],
    [{ tools: [TIME], tool_choice: { type: 'tool', name: 7 } }, 'tool_choice.name'],
    [{ functions: [{ name: 'a', parameters: 'b' }] }, 'functions[0].parameters'],
    [{ tools: [{ ...TIME, cache_control: { type: 'forever' } }] }, 'tools[0].cache_control.type'],
    [{ tools: [{ ...TIME, cache_control: { type: 'ephemeral', ttl: '2h' } }] }, 'tools[0].cache_control.ttl'],
  ] as const) {
    assert.throws(
      () => parseToolRequest(fields),
      (error) => error instanceof GatewayError && error.param === param,
      param,
    )
  }
})
