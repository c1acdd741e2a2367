import { assistant, byModel, CLAUDE, hello, NOVA_LITE, ping, testRules, user } from './rule-cases.js'

const point = { cachePoint: { type: 'default' } }
const hour = { cachePoint: { type: 'default', ttl: '1h' } }
const document = (format: string) => ({ document: { format, name: 'a', source: { bytes: 'AAAA' } } })
const { sonnet45 } = CLAUDE

testRules('cache points', [
  {
    name: 'one, for a model without a cache',
    modelId: 'deepseek.r1-v1:0',
    status: 403,
    body: { system: [hello, point] },
    message: 'You invoked an unsupported model or your request did not allow prompt caching.',
  },
  {
    name: 'five',
    modelId: sonnet45,
    body: {
      system: [hello, point, hello, point, hello, point],
      messages: [user(hello, point, hello, point)],
    },
    message: byModel('A maximum of 4 blocks with cache_control may be provided. Found 5.'),
  },
  {
    name: 'four (recording 746)',
    modelId: sonnet45,
    body: {
      toolConfig: { tools: [ping, point] },
      system: [hello, point],
      messages: [user(hello, point, hello, point)],
    },
    message: null,
  },
  {
    name: 'one with nothing before it',
    modelId: sonnet45,
    body: { messages: [user(hello), assistant(hello), user(point, hello)] },
    message: 'There is nothing available to cache. Please remove the invalid cache point and try again.',
  },
  {
    name: 'a message of nothing else',
    modelId: NOVA_LITE,
    body: { messages: [user(hello), assistant(hello), user(point)] },
    message: 'There is nothing available to cache. Please remove the invalid cache point and try again.',
  },
  {
    name: 'one after reasoning',
    modelId: sonnet45,
    body: {
      messages: [
        user(hello),
        assistant({ reasoningContent: { redactedContent: 'AAAA' } }, point),
        user(hello),
      ],
    },
    message:
      'Cache point cannot be inserted after reasoning block. Please remove the invalid cache point and try again.',
  },
  {
    name: 'one hour after five minutes',
    modelId: sonnet45,
    body: { system: [hello, point], messages: [user(hello, hello, hour)] },
    message: byModel(
      "messages.0.content.1.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
    ),
  },
  {
    name: 'five minutes after one hour',
    modelId: sonnet45,
    body: { system: [hello, hour], messages: [user(hello, point)] },
    message: null,
  },
  {
    name: 'one right after a text document',
    modelId: sonnet45,
    body: { messages: [user(hello, document('csv'), point)] },
    message: byModel('messages.0.content.2.type: Field required'),
  },
  {
    name: 'one right after a PDF',
    modelId: sonnet45,
    body: { messages: [user(hello, document('pdf'), point)] },
    message: null,
  },
  {
    name: 'one among the tools',
    modelId: NOVA_LITE,
    body: { toolConfig: { tools: [ping, point] } },
    message: byModel(
      'Malformed input request: #/toolConfig/tools/1: extraneous key [cachePoint] is not permitted, please reformat your input and try again.',
    ),
  },
])
