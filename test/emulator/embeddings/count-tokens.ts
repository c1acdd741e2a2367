// A run of letters and digits is one token up to 16 of them, any other mark and each Han or Kana character is one.
const TOKEN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}_]{1,16}|[^\s\p{L}\p{N}_]/gu

/** Tokens of a text: the number that most of the recorded replies have. */
export function countTokens(text: string): number {
  return text.match(TOKEN)?.length ?? 0
}

/** What a picture counts as. Made up: no picture was recorded. */
export const IMAGE_TOKENS = 100
