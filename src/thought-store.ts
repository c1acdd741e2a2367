import type { KeptReasoning, KeptThoughts } from './translate/policy.js'

export interface ThoughtStoreOptions {
  readonly keepMs: number
  /** Characters of the thoughts, signatures included; about as many bytes. */
  readonly bytesMax: number
  readonly now: () => number
}

/** Thoughts by the tool calls that followed them, for clients that do not send them back. Memory only, the oldest go first. */
export interface ThoughtStore {
  keep(thoughts: KeptThoughts): void
  /** The thoughts of those calls that are still known, under each id. */
  find(toolCallIds: readonly string[]): KeptReasoning
}

interface Entry {
  readonly thoughts: KeptThoughts
  readonly bytes: number
  readonly keptAtMs: number
}

/** What an entry takes beside its text: one-word thoughts before thousands of calls must not be free. */
const ENTRY_BYTES = 256

export function createThoughtStore({ keepMs, bytesMax, now }: ThoughtStoreOptions): ThoughtStore {
  /** By tool call id; several ids may share an entry. In the order of keeping. */
  const entries = new Map<string, Entry>()
  let bytesTotal = 0

  function forget(id: string, entry: Entry): void {
    entries.delete(id)
    bytesTotal -= entry.bytes
  }

  function forgetOld(nowMs: number): void {
    for (const [id, entry] of entries) {
      if (bytesTotal <= bytesMax && nowMs - entry.keptAtMs < keepMs) return
      forget(id, entry)
    }
  }

  return {
    keep(thoughts) {
      const keptAtMs = now()
      // Counted once for each id: an entry is gone when all of its ids are.
      const bytes = ENTRY_BYTES + sizeOf(thoughts)
      for (const id of thoughts.toolCallIds) {
        const standing = entries.get(id)
        if (standing !== undefined) forget(id, standing)
        entries.set(id, { thoughts, bytes, keptAtMs })
        bytesTotal += bytes
      }
      forgetOld(keptAtMs)
    },
    find(toolCallIds) {
      if (toolCallIds.length === 0 || entries.size === 0) return {}
      forgetOld(now())
      return Object.fromEntries(
        toolCallIds.flatMap((id) => {
          const entry = entries.get(id)
          return entry === undefined ? [] : [[id, entry.thoughts.blocks]]
        }),
      )
    },
  }
}

function sizeOf({ blocks }: KeptThoughts): number {
  return blocks.reduce((sum, block) => {
    const { text = '', signature = '' } = block.reasoningText ?? {}
    return sum + text.length + signature.length + (block.redactedContent?.length ?? 0)
  }, 0)
}
