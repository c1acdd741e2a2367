import type { CachePoint, ConverseRequest } from './types.js'

/** The parts of a prompt that cache points may stand in, in the order in which it is read (bedrock-facts C6). */
export const CACHE_SECTIONS = ['tools', 'system', 'messages'] as const
export type CacheSection = (typeof CACHE_SECTIONS)[number]

/** A block of any section. */
export interface Markable {
  readonly cachePoint?: CachePoint
}

export function isPoint(block: Markable): boolean {
  return block.cachePoint !== undefined
}

/** True where one of these sections holds a cache point. */
export function hasPoints(
  { toolConfig, system, messages }: ConverseRequest,
  sections: readonly CacheSection[] = CACHE_SECTIONS,
): boolean {
  return (
    (sections.includes('messages') && messages.some(({ content }) => content.some(isPoint))) ||
    (sections.includes('system') && (system?.some(isPoint) ?? false)) ||
    (sections.includes('tools') && (toolConfig?.tools.some(isPoint) ?? false))
  )
}

/** The same request without the cache points of these sections. */
export function withoutPoints(
  body: ConverseRequest,
  sections: readonly CacheSection[] = CACHE_SECTIONS,
): ConverseRequest {
  return mapPoints(body, (point, section) => (sections.includes(section) ? null : point))
}

/** Every cache point passed through `change`, in the order in which the prompt is read; null takes one out. */
export function mapPoints(
  body: ConverseRequest,
  change: (point: CachePoint, section: CacheSection) => CachePoint | null,
): ConverseRequest {
  return mapMarkedBlocks(body, (section, blocks) =>
    blocks.flatMap((block) => {
      if (block.cachePoint === undefined) return [block]
      const cachePoint = change(block.cachePoint, section)
      return cachePoint === null ? [] : [{ ...block, cachePoint }]
    }),
  )
}

/** Every list of blocks that holds a cache point passed through `change`, in the order in which the prompt is read. */
export function mapMarkedBlocks(
  body: ConverseRequest,
  change: <Block extends Markable>(section: CacheSection, blocks: readonly Block[]) => readonly Block[],
): ConverseRequest {
  const { toolConfig, system, messages, ...rest } = body
  // Most lists have none, and histories are long: what is not marked stays the same object.
  const changed = <Block extends Markable>(section: CacheSection, blocks: readonly Block[]) =>
    blocks.some(isPoint) ? change(section, blocks) : blocks
  const tools = changed('tools', toolConfig?.tools ?? [])
  const instructions = changed('system', system ?? [])
  return {
    messages: messages.map((message) =>
      message.content.some(isPoint) ? { ...message, content: changed('messages', message.content) } : message,
    ),
    ...(instructions.length > 0 ? { system: instructions } : {}),
    ...(toolConfig === undefined ? {} : { toolConfig: { ...toolConfig, tools } }),
    ...rest,
  }
}
