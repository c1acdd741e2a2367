import { type ImageHeader, readImageHeader } from '../image-header.js'
import { malformed } from '../invoke-schema.js'

/** A picture of a Cohere request. */
export interface CohereImage {
  readonly base64: string
  readonly header: ImageHeader
  readonly bytesTotal: number
}

export interface CohereImageLimits {
  readonly mimeTypes: readonly string[]
  readonly bytesMax: number
}

/** "An image_description is of this form" (Bedrock user guide, "Cohere Embed v3"). */
export function describeImage({ header }: CohereImage): object {
  const { width, height, mimeType } = header
  return { width, height, format: mimeType.replace('image/', ''), bit_depth: 24 }
}

/**
 * The picture behind a data URI. Throws where it is none, is not what the URI says or exceeds the limits; Bedrock's words
 * for that are not known.
 */
export function parseCohereImage(dataUri: string, pointer: string, limits: CohereImageLimits): CohereImage {
  const [, mimeType = '', base64 = ''] = /^data:([\w/.+-]+);base64,([A-Za-z0-9+/]+=*)$/.exec(dataUri) ?? []
  if (base64 === '') throw malformed(`${pointer}: is not a valid data URI`)
  const bytes = Buffer.from(base64, 'base64')
  const header = readImageHeader(bytes)
  if (header.mimeType !== mimeType || !limits.mimeTypes.includes(mimeType)) {
    throw malformed(`${pointer}: expected an image of ${limits.mimeTypes.join(' or ')}`)
  }
  if (bytes.length > limits.bytesMax) {
    throw malformed(`${pointer}: expected at most ${limits.bytesMax} bytes, actual: ${bytes.length}`)
  }
  return { base64, header, bytesTotal: bytes.length }
}
