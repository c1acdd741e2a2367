import { randomBytes } from 'node:crypto'
import type { ImageFormat } from '../openai/image-types.js'

/** Whoever knows a name may fetch the picture: it can't be guessed. */
const SECRET_BYTES = 16

const CONTENT_TYPES = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
} as const satisfies Record<ImageFormat, string>

/** While a picture is written, its name has this ending. */
const UNFINISHED = '.part'

/** 32 hexadecimal digits and the format: `0f….png`. */
export function createLinkName(format: ImageFormat): string {
  return `${randomBytes(SECRET_BYTES).toString('hex')}.${format}`
}

/** The content type of a picture by its name; null where this is no name that `createLinkName` makes. */
export function toContentType(name: string): string | null {
  const format = /^[0-9a-f]{32}\.(png|jpeg|webp)$/.exec(name)?.[1]
  return format === undefined ? null : CONTENT_TYPES[format as ImageFormat]
}

export function toUnfinishedName(name: string): string {
  return name + UNFINISHED
}

/** What a file in the folder is; `other` ones were put there by somebody else. */
export function classifyFile(name: string): 'picture' | 'unfinished' | 'other' {
  if (toContentType(name) !== null) return 'picture'
  const isUnfinished = name.endsWith(UNFINISHED) && toContentType(name.slice(0, -UNFINISHED.length)) !== null
  return isUnfinished ? 'unfinished' : 'other'
}
