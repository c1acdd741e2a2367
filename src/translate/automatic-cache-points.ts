import type {
  CachePoint,
  ContentBlock,
  ConverseRequest,
  SystemBlock,
  Tool,
  ToolResultBlock,
} from '../bedrock/types.js'
import { type CacheRules, isCarrier } from './cache-rules.js'
import { isForced } from './tools.js'

/**
 * Characters of a prompt for each token, without a tokenizer. Recorded prompts have 2.5 (Nova, recording 213) to 4.0 (Claude
 * 3.7, recording 162). Guessed low on purpose, so that prefixes seem rather long: a point below the model's minimum is
 * silently ignored and costs nothing (bedrock-facts C6), one that is missing costs the whole prefix again.
 */
const CHARACTERS_PER_TOKEN = 3
/** Claude counts up to some 1,600 tokens for a picture (width times height through 750); most are smaller. */
const IMAGE_CHARACTERS = 1_000 * CHARACTERS_PER_TOKEN
/** Of a document that is no text: one page at the least. */
const DOCUMENT_CHARACTERS = 1_500 * CHARACTERS_PER_TOKEN
/** Numbers, booleans and null in tool input: as short as they mostly are. */
const SCALAR_CHARACTERS = 4
/** Nova caches no longer prefix (AWS documentation, prompt caching). */
const NOVA_TOKENS_MAX = 20_000

const TEXT_FORMATS: readonly string[] = ['csv', 'html', 'md', 'txt']

/**
 * Points behind the tools, behind the system text and behind the last two user turns. The last turn is where this request
 * writes; the one before is where the last request wrote. Without a point there a cached prefix is found only if it ends
 * at most 20 blocks earlier (Anthropic's look-back), and one round of parallel tool calls has more.
 *
 * Writing costs a quarter more than not caching, so a point is set only where a later request can read: on turns once a
 * conversation goes on or tools may answer, on tools and system when they alone are long enough to be kept.
 */
export function withAutomaticPoints(body: ConverseRequest, rules: CacheRules): ConverseRequest {
  const { toolConfig, system, messages } = body
  const { toolsEnd, systemEnd, turns } = measure(body, rules)
  const point: { readonly cachePoint: CachePoint } = {
    cachePoint: rules.ttl === '1h' ? { type: 'default', ttl: '1h' } : { type: 'default' },
  }
  const isWorthIt = (end: number): boolean =>
    end >= rules.caching.tokensMin && (rules.family !== 'nova' || end <= NOVA_TOKENS_MAX)
  const userTurns = messages.filter((message) => message.role === 'user').length
  // Who has to call a tool at once gives its input as the answer, most likely: extraction, structured output.
  const goesOn = userTurns > 1 || (toolConfig !== undefined && !isForced(toolConfig))
  const marked = goesOn ? turns.filter(({ end }) => isWorthIt(end)).slice(-2) : []
  const isMarked = new Set(marked.map(({ index }) => index))
  return {
    ...body,
    ...(toolConfig !== undefined && rules.sections.includes('tools') && isWorthIt(toolsEnd)
      ? { toolConfig: { ...toolConfig, tools: [...toolConfig.tools, point] } }
      : {}),
    ...(system !== undefined && rules.sections.includes('system') && isWorthIt(systemEnd)
      ? { system: [...system, point] }
      : {}),
    messages: messages.map((message, index) =>
      isMarked.has(index) ? { ...message, content: [...message.content, point] } : message,
    ),
  }
}

interface Measures {
  /** Estimated tokens from the start of the prompt to the end of the tools, of the system text. */
  readonly toolsEnd: number
  readonly systemEnd: number
  /** User turns that can hold a point, with the estimated tokens up to their end. */
  readonly turns: readonly { readonly index: number; readonly end: number }[]
}

function measure({ toolConfig, system = [], messages }: ConverseRequest, rules: CacheRules): Measures {
  let characters = sum(toolConfig?.tools ?? [], toolCharacters)
  const toolsEnd = characters / CHARACTERS_PER_TOKEN
  characters += sum(system, ({ text = '' }: SystemBlock) => text.length)
  const systemEnd = characters / CHARACTERS_PER_TOKEN
  const turns: { readonly index: number; readonly end: number }[] = []
  for (const [index, { role, content }] of messages.entries()) {
    characters += sum(content, blockCharacters)
    if (role !== 'user' || !content.some((block) => isCarrier(block, rules.family))) continue
    turns.push({ index, end: characters / CHARACTERS_PER_TOKEN })
  }
  return { toolsEnd, systemEnd, turns }
}

function toolCharacters({ toolSpec }: Tool): number {
  if (toolSpec === undefined) return 0
  return (
    toolSpec.name.length + (toolSpec.description?.length ?? 0) + valueCharacters(toolSpec.inputSchema.json)
  )
}

function blockCharacters(block: ContentBlock): number {
  const { toolUse, toolResult, reasoningContent, citationsContent } = block
  if (toolUse !== undefined) return toolUse.name.length + valueCharacters(toolUse.input)
  if (toolResult !== undefined) return sum(toolResult.content, resultCharacters)
  if (reasoningContent !== undefined) return reasoningContent.reasoningText?.text.length ?? 0
  if (citationsContent !== undefined) return sum(citationsContent.content ?? [], ({ text }) => text.length)
  return resultCharacters(block)
}

function resultCharacters({ text, json, image, document }: ToolResultBlock): number {
  if (text !== undefined) return text.length
  if (image !== undefined) return IMAGE_CHARACTERS
  if (document === undefined) return valueCharacters(json)
  // Base64 has four characters for three bytes.
  return TEXT_FORMATS.includes(document.format) ? (document.source.bytes.length * 3) / 4 : DOCUMENT_CHARACTERS
}

/** As if it were written as JSON, but nothing is: histories are long, and this is the hot path. */
function valueCharacters(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (value === undefined) return 0
  if (typeof value !== 'object' || value === null) return SCALAR_CHARACTERS
  if (Array.isArray(value)) return sum(value, valueCharacters)
  return sum(Object.entries(value), ([name, member]) => name.length + valueCharacters(member))
}

function sum<Value>(values: readonly Value[], measureOf: (value: Value) => number): number {
  return values.reduce((total, value) => total + measureOf(value), 0)
}
