import type { Tiktoken } from 'js-tiktoken/lite'

let loading: Promise<Tiktoken> | null = null

/** Text of cl100k_base's ids, the encoding of `text-embedding-*`. Loaded once in each thread: that takes some 200 ms. */
export async function loadTokenDecoder(): Promise<(tokens: readonly number[]) => string> {
  loading ??= load()
  const encoding = await loading
  return (tokens) => encoding.decode([...tokens])
}

async function load(): Promise<Tiktoken> {
  const [{ Tiktoken }, { default: ranks }] = await Promise.all([
    import('js-tiktoken/lite'),
    import('js-tiktoken/ranks/cl100k_base'),
  ])
  return new Tiktoken(ranks)
}
