/**
 * One base64 text from pieces that are base64 each: a blob may come in several deltas, each encoded on its own. A single
 * piece stays as it is, for what Bedrock gets back must be what it sent.
 */
export function joinBase64(pieces: readonly string[]): string {
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined) return only
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64'))).toString('base64')
}
