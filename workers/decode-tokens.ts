import type { DecodeTokensTask } from '../src/embeddings/tasks.js'
import { loadTokenDecoder } from './token-decoder.js'

/** The text of each list: clients that count tokens themselves (LangChain) send nothing else. */
export async function decodeTokens({ lists }: DecodeTokensTask): Promise<readonly string[]> {
  const decode = await loadTokenDecoder()
  return lists.map(decode)
}
