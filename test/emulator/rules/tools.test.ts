import {
  assistant,
  byModel,
  CLAUDE,
  hello,
  LLAMA_4,
  NOVA_LITE,
  ping,
  testRules,
  toolConfig,
  toolResult,
  toolUse,
  user,
} from './rule-cases.js'

const round = (uses: readonly unknown[], results: readonly unknown[]) => ({
  messages: [user(hello), assistant(...uses), user(...results)],
  toolConfig,
})

testRules('tools', [
  {
    name: 'tools for a model without',
    modelId: 'deepseek.r1-v1:0',
    body: { toolConfig },
    message: "This model doesn't support tool use.",
  },
  {
    name: 'tools in a stream, for a model that has them otherwise',
    modelId: LLAMA_4,
    facts: { streams: true },
    body: { toolConfig },
    message: "This model doesn't support tool use in streaming mode.",
  },
  { name: 'tools outside of a stream', modelId: LLAMA_4, body: { toolConfig }, message: null },
  {
    name: 'a forced choice',
    modelId: LLAMA_4,
    body: { toolConfig: { ...toolConfig, toolChoice: { any: {} } } },
    message:
      "This model doesn't support the toolConfig.toolChoice.any field. Remove toolConfig.toolChoice.any and try again.",
  },
  {
    name: 'a forced choice (recording 18)',
    modelId: NOVA_LITE,
    body: { toolConfig: { ...toolConfig, toolChoice: { tool: { name: 'ping' } } } },
    message: null,
  },
  {
    name: 'two tools of one name',
    modelId: CLAUDE.sonnet45,
    body: { toolConfig: { tools: [ping, ping] } },
    message: byModel('tools: Tool names must be unique.'),
  },
  {
    name: 'two uses of one id',
    modelId: NOVA_LITE,
    body: round([toolUse('a'), toolUse('a')], [toolResult('a')]),
    message: 'The toolUse blocks at messages.1.content contain duplicate Ids: a',
  },
  {
    name: 'two results of one id',
    modelId: NOVA_LITE,
    body: round([toolUse('a'), toolUse('b')], [toolResult('a'), toolResult('a')]),
    message: 'The toolResult blocks at messages.2.content contain duplicate Ids: a',
  },
  {
    name: 'a result beside text',
    modelId: LLAMA_4,
    body: round([toolUse('a')], [toolResult('a'), hello]),
    message:
      'messages.2.content: Conversation blocks and tool result blocks cannot be provided in the same turn.',
  },
  {
    name: 'a use beside text',
    modelId: LLAMA_4,
    body: round([hello, toolUse('a')], [toolResult('a')]),
    message:
      'messages.1.content: Conversation blocks and tool use blocks cannot be provided in the same turn.',
  },
  {
    name: 'uses and results beside text',
    modelId: CLAUDE.sonnet45,
    body: round([hello, toolUse('a')], [toolResult('a'), hello]),
    message: null,
  },
  {
    name: 'a server tool that pairs within its turn',
    modelId: 'amazon.nova-2-lite-v1:0',
    body: {
      messages: [
        user(hello),
        assistant(
          { toolUse: { ...toolUse('s').toolUse, type: 'server_tool_use' } },
          { toolResult: { toolUseId: 's', content: [{ json: {} }] } },
          hello,
        ),
        user(hello),
      ],
      toolConfig: { tools: [{ systemTool: { name: 'nova_code_interpreter' } }] },
    },
    message: null,
  },
])
