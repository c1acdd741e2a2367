import type { ContentBlock, ConverseRequest, Message } from '../../src/bedrock/types.js'

const NAME = /^[a-zA-Z0-9_-]{1,64}$/
const ID = /^[a-zA-Z0-9_.:-]{1,64}$/

/**
 * What Bedrock would refuse of a conversation and its tools (bedrock-facts C3, C6), each with its place; empty: nothing.
 * Written from the facts, without the code that it checks.
 */
export function conversationProblems({ messages, system, toolConfig }: ConverseRequest): readonly string[] {
  const problems: string[] = []
  if (messages[0]?.role !== 'user') problems.push('does not start with a user')
  if (system?.length === 0 || system?.every(({ text }) => text === undefined)) problems.push('empty system')
  if (system?.some(({ text }) => text?.trim() === '')) problems.push('blank system text')
  const hasToolBlocks = messages.some(({ content }) =>
    content.some((block) => block.toolUse !== undefined || block.toolResult !== undefined),
  )
  if (hasToolBlocks && toolConfig === undefined) problems.push('tool blocks without a toolConfig')
  problems.push(...toolProblems(toolConfig))
  messages.forEach((message, index) => {
    const previous = messages[index - 1]
    if (previous?.role === message.role) problems.push(`messages.${index}: two of one role`)
    problems.push(
      ...[
        ...contentProblems(message),
        ...roleProblems(message),
        ...resultProblems(message, previous, messages[index + 1]),
      ].map((problem) => `messages.${index}: ${problem}`),
    )
  })
  return problems
}

function toolProblems(toolConfig: ConverseRequest['toolConfig']): readonly string[] {
  if (toolConfig === undefined) return []
  const specs = toolConfig.tools.flatMap(({ toolSpec }) => (toolSpec === undefined ? [] : [toolSpec]))
  const names = specs.map(({ name }) => name)
  const chosen = toolConfig.toolChoice?.tool?.name
  return [
    ...(specs.length === 0 ? ['a toolConfig without tools'] : []),
    ...(new Set(names).size < names.length ? ['two tools with one name'] : []),
    ...names.filter((name) => !NAME.test(name)).map((name) => `tool name ${name}`),
    ...(chosen === undefined || names.includes(chosen) ? [] : ['a choice of no tool']),
    ...specs.flatMap(({ description, inputSchema: { json } }) => [
      ...(description?.trim() === '' ? ['blank description'] : []),
      ...((json as { type?: unknown }).type === 'object' ? [] : ['a schema that is no object']),
    ]),
  ]
}

function contentProblems({ content }: Message): readonly string[] {
  if (content.length === 0) return ['empty content']
  const texts = content.flatMap(({ text }) => (text === undefined ? [] : [text]))
  return [
    ...(content[0]?.cachePoint === undefined ? [] : ['a cache point at the start']),
    ...(texts.some((text) => text.trim() === '') ? ['blank text'] : []),
    ...(texts.length === 0 && content.some(({ document }) => document !== undefined)
      ? ['a document without text']
      : []),
    ...(content.some((block) => Object.keys(block).length !== 1) ? ['a block of not one kind'] : []),
  ]
}

function roleProblems({ role, content }: Message): readonly string[] {
  const forbidden: readonly (keyof ContentBlock)[] =
    role === 'user' ? ['toolUse', 'reasoningContent'] : ['toolResult', 'image', 'document', 'video', 'audio']
  const wrong = forbidden.filter((kind) => content.some((block) => block[kind] !== undefined))
  const afterWords = content.findIndex(({ reasoningContent }) => reasoningContent === undefined)
  const isLate = content.some(({ reasoningContent }, at) => reasoningContent !== undefined && at > afterWords)
  return [
    ...wrong.map((kind) => `${kind} of ${role}`),
    ...(afterWords >= 0 && isLate ? ['a thought behind words'] : []),
    ...(content.at(-1)?.reasoningContent === undefined ? [] : ['ends in a thought']),
    // anomalyco/opencode#36517
    ...(content.some((block, at) => block.cachePoint && content[at - 1]?.reasoningContent)
      ? ['a cache point behind a thought']
      : []),
  ]
}

function resultProblems(
  message: Message,
  previous: Message | undefined,
  next: Message | undefined,
): readonly string[] {
  const uses = usesOf(message)
  const results = resultsOf(message)
  const expected = previous === undefined ? [] : usesOf(previous)
  return [
    ...(uses.length > 0 && next === undefined ? ['calls without a turn for the results'] : []),
    ...(new Set(uses).size < uses.length ? ['two calls with one id'] : []),
    ...(new Set(results).size < results.length ? ['two results with one id'] : []),
    ...expected.filter((id) => !results.includes(id)).map((id) => `no result for ${id}`),
    ...results.filter((id) => !expected.includes(id)).map((id) => `no call for ${id}`),
    ...[...uses, ...results].filter((id) => !ID.test(id)).map((id) => `id ${id}`),
    ...message.content.flatMap(({ toolUse, toolResult }) => [
      ...(toolUse === undefined || NAME.test(toolUse.name) ? [] : [`tool name ${toolUse.name}`]),
      ...(toolUse === undefined || isObject(toolUse.input) ? [] : ['an input that is no object']),
      ...(toolResult?.content.length === 0 ? ['an empty result'] : []),
      ...(toolResult?.content.some(({ text }) => text?.trim() === '') ? ['a blank result'] : []),
    ]),
  ]
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function usesOf({ content }: Message): readonly string[] {
  return content.flatMap(({ toolUse }) => (toolUse === undefined ? [] : [toolUse.toolUseId]))
}

function resultsOf({ content }: Message): readonly string[] {
  return content.flatMap(({ toolResult }) => (toolResult === undefined ? [] : [toolResult.toolUseId]))
}
