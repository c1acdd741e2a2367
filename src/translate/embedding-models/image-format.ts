import { sniffFormat } from '../../bedrock/sniff-format.js'

/** A picture whose format is known. */
export interface SniffedImage {
  readonly format: string
  readonly base64: string
}

/** Of base64: enough for every signature of a picture. */
const START_CHARACTERS = 128

/**
 * Bedrock's name of a picture's format by its first bytes; null where they are no picture's. What its sender calls it does not
 * count: labels are often wrong, and models refuse what is not as it is called.
 */
export function imageFormatOf(base64: string): string | null {
  const sniffed = sniffFormat(Buffer.from(base64.slice(0, START_CHARACTERS), 'base64'))
  return sniffed?.kind === 'image' ? sniffed.format : null
}

/** The form in which Cohere's models take images. */
export function toDataUri({ format, base64 }: SniffedImage): string {
  return `data:image/${format};base64,${base64}`
}
