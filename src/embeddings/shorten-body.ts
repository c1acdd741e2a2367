import { shortenRefused, type Truncation } from '../translate/embedding-models/cut-text.js'

/**
 * The body of a Titan model with a shorter text, after Bedrock refused it for its tokens: Titan models cut nothing by themselves.
 * Null for any other body or refusal.
 */
export function shortenBody(body: string | Uint8Array, message: string, truncate: Truncation): string | null {
  // Another refusal is not worth parsing a body for.
  if (!/max input tokens/i.test(message)) return null
  const json = typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
  const members = JSON.parse(json) as Readonly<Record<string, unknown>>
  const text = members['inputText']
  if (typeof text !== 'string') return null
  const shorter = shortenRefused(text, message, truncate)
  return shorter === null ? null : JSON.stringify({ ...members, inputText: shorter })
}
