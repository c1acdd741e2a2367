import { createHmac } from 'node:crypto'
import type { ContentBlock } from '../../src/bedrock/types.js'

const KEY = 'an emulator of Bedrock'

/** Signs reasoning text, and knows its own signatures again. */
export interface ReasoningSigner {
  /** The block with a signature; one that a script gave stays, and is good for exactly this text from now on. */
  sign(block: ContentBlock): ContentBlock
  /** Whether this emulator sent this text with this signature. */
  verifies(text: string, signature: string): boolean
}

/** The signature that an emulator gives to a reasoning text. */
export function reasoningSignature(text: string): string {
  return createHmac('sha256', KEY).update(text).digest('base64')
}

/** A signer that remembers the signatures which scripts gave. */
export function createReasoningSigner(): ReasoningSigner {
  const given = new Set<string>()
  return {
    sign(block) {
      const reasoning = block.reasoningContent?.reasoningText
      if (reasoning === undefined) return block
      if (reasoning.signature !== undefined) given.add(JSON.stringify([reasoning.text, reasoning.signature]))
      const signature = reasoning.signature ?? reasoningSignature(reasoning.text)
      return { reasoningContent: { reasoningText: { text: reasoning.text, signature } } }
    },
    verifies(text, signature) {
      return signature === reasoningSignature(text) || given.has(JSON.stringify([text, signature]))
    },
  }
}
