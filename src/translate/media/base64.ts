/** Bytes, and what they came as: good base64 need not be written anew. */
export interface EncodedBytes {
  readonly bytes: Uint8Array
  /** Standard alphabet, padded, nothing else in it, as Bedrock's blobs are; null: they came otherwise. */
  readonly base64: string | null
}

const STANDARD = /^[A-Za-z0-9+/]*={0,2}$/
const ANY_ALPHABET = /^[A-Za-z0-9+/_-]*={0,2}$/

/**
 * Reads base64 as clients write it: either alphabet, padded or not, with white space anywhere. Text in standard form is kept as
 * it is. Null where it is no base64.
 */
export function decodeBase64(text: string): EncodedBytes | null {
  if (STANDARD.test(text) && text.length % 4 === 0) {
    return { bytes: Buffer.from(text, 'base64'), base64: text }
  }
  const dense = text.replace(/\s+/g, '')
  // Four characters are three bytes: one alone at the end says nothing.
  if (!ANY_ALPHABET.test(dense) || dense.replace(/=+$/, '').length % 4 === 1) return null
  return { bytes: Buffer.from(dense, 'base64'), base64: null }
}

/** The bytes as Bedrock's blobs are. */
export function toBase64({ bytes, base64 }: EncodedBytes): string {
  if (base64 !== null) return base64
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
