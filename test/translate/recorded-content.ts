import type { ContentBlock, ConverseEvent } from '../../src/bedrock/types.js'

/** What a recorded reply says, told in one way for streams and whole replies: nothing of it may be lost. */
export interface RecordedContent {
  readonly text: string
  readonly reasoning: readonly RecordedThought[]
  readonly calls: readonly { readonly id: string; readonly name: string; readonly input: unknown }[]
  /** Ids of tools that ran inside Bedrock: the client must not see a call of these. */
  readonly serverToolIds: readonly string[]
}

export interface RecordedThought {
  readonly text?: string
  readonly signature?: string
  readonly redacted?: string
}

/** Read from the wire in the plainest way, on purpose not with the code under test. */
export function readBlocks(blocks: readonly ContentBlock[]): RecordedContent {
  const toolUses = blocks.flatMap(({ toolUse }) => toolUse ?? [])
  return {
    text: blocks.map(({ text }) => text ?? '').join(''),
    reasoning: blocks.flatMap(({ reasoningContent }): readonly RecordedThought[] => {
      if (reasoningContent === undefined) return []
      const { reasoningText, redactedContent } = reasoningContent
      return redactedContent === undefined ? [{ ...reasoningText }] : [{ redacted: redactedContent }]
    }),
    calls: toolUses
      .filter(({ type }) => type !== 'server_tool_use')
      .map(({ toolUseId: id, name, input }) => ({ id, name, input })),
    serverToolIds: toolUses
      .filter(({ type }) => type === 'server_tool_use')
      .map(({ toolUseId }) => toolUseId),
  }
}

/** The blocks that a stream was cut from, as `readBlocks` takes them. */
export function joinDeltas(events: readonly ConverseEvent[]): readonly ContentBlock[] {
  const indexes = new Set(
    events.flatMap((event) =>
      event.type === 'contentBlockStart' || event.type === 'contentBlockDelta'
        ? [event.payload.contentBlockIndex]
        : [],
    ),
  )
  return [...indexes].map((index) => joinBlock(events, index))
}

function joinBlock(events: readonly ConverseEvent[], index: number): ContentBlock {
  const deltas = events.flatMap((event) =>
    event.type === 'contentBlockDelta' && event.payload.contentBlockIndex === index
      ? [event.payload.delta]
      : [],
  )
  const [start] = events.flatMap((event) =>
    event.type === 'contentBlockStart' && event.payload.contentBlockIndex === index
      ? [event.payload.start]
      : [],
  )
  if (start?.toolUse !== undefined) {
    const json = deltas.map(({ toolUse }) => toolUse?.input ?? '').join('')
    return { toolUse: { ...start.toolUse, input: JSON.parse(json === '' ? '{}' : json) as unknown } }
  }
  const thoughts = deltas.flatMap(({ reasoningContent }) => reasoningContent ?? [])
  if (thoughts.length > 0) {
    const join = (member: 'text' | 'signature' | 'redactedContent'): string =>
      thoughts.map((thought) => thought[member] ?? '').join('')
    if (join('redactedContent') !== '')
      return { reasoningContent: { redactedContent: join('redactedContent') } }
    const signature = join('signature')
    return {
      reasoningContent: {
        reasoningText: signature === '' ? { text: join('text') } : { text: join('text'), signature },
      },
    }
  }
  return { text: deltas.map(({ text }) => text ?? '').join('') }
}
