import { sniffFormat } from '../../bedrock/sniff-format.js'

/** A picture with what its sender calls it. */
export interface LabelledImage {
  readonly format: string
  readonly base64: string
}

/** Of base64: enough for every signature of a picture. */
const START_CHARACTERS = 128

/** Bedrock's name of a picture's format: by its first bytes, for labels are often wrong, else by its label. */
export function imageFormatOf({ format, base64 }: LabelledImage): string {
  const sniffed = sniffFormat(Buffer.from(base64.slice(0, START_CHARACTERS), 'base64'))
  return sniffed?.kind === 'image' ? sniffed.format : format
}

/** The form in which Cohere's models take images. */
export function toDataUri({ format, base64 }: LabelledImage): string {
  return `data:image/${format};base64,${base64}`
}
