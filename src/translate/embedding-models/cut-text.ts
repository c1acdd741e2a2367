import type { EmbeddingOptions } from './types.js'

export type Truncation = EmbeddingOptions['truncate']

/**
 * At most `charactersMax` UTF-16 units of a text, without half a character at the cut: its beginning, or its end where its start
 * is to be cut off. Whole where nothing is to be cut. Where nobody says anything the end is cut off: Open WebUI has no means to
 * react to a refusal, and one chunk that is too long would end the whole upload (openwebui-contract §6).
 */
export function cutText(text: string, charactersMax: number, truncate: Truncation): string {
  if (text.length <= charactersMax || truncate === 'none') return text
  if (truncate === 'start') {
    const start = text.length - charactersMax
    return text.slice(isLowSurrogate(text, start) ? start + 1 : start)
  }
  return text.slice(0, isLowSurrogate(text, charactersMax) ? charactersMax - 1 : charactersMax)
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index)
  return unit >= 0xdc00 && unit <= 0xdfff
}

/** What is left of a refused text is this much shorter than the words of the refusal ask for: tokens are not spread evenly. */
const MARGIN = 0.9

/**
 * A text that a model refused for its tokens, shorter by as much as the refusal says ("Too many input tokens. Max input tokens:
 * 8192, request input token count: 9875", aws-samples/amazon-bedrock-workshop#136). Null for another refusal, or where nothing may
 * be cut. Titan models cut nothing by themselves, and how many tokens a text has only they know.
 */
export function shortenRefused(text: string, message: string, truncate: Truncation): string | null {
  const said = /max input tokens: (\d{1,9})\D+token count: (\d{1,9})/i.exec(message)
  if (said === null || truncate === 'none') return null
  const [tokensMax, tokens] = [Number(said[1]), Number(said[2])]
  if (tokens <= tokensMax) return null
  const charactersMax = Math.floor((text.length * tokensMax * MARGIN) / tokens)
  return charactersMax < 1 ? null : cutText(text, charactersMax, truncate)
}
