import { type InputPicture, openPicture } from './input-picture.js'
import { malformed } from './schema.js'
import type { PictureLimits } from './stability-schema.js'

const FORMATS = ['jpeg', 'png', 'webp']

/**
 * Opens the picture in one member. Throws a 400 where the service does not take it: AWS Bedrock user guide, "Stability AI Image
 * Services" has the limits; no refusal is quoted in public, so the words are that page's.
 */
export async function openStabilityPicture(
  base64: string,
  member: string,
  limits: PictureLimits | null,
): Promise<InputPicture> {
  const picture = await openPicture(base64)
  const refuse = (words: string) => malformed({ pointer: `#/${member}`, words })
  if (picture === null) throw refuse('not a valid base64-encoded image')
  if (!FORMATS.includes(picture.format)) {
    throw refuse(`supported formats: jpeg, png, webp, got ${picture.format}`)
  }
  if (limits === null) return picture
  const violation = sizeViolation(picture, limits)
  if (violation !== null) throw refuse(`${violation}, got ${picture.width}x${picture.height}`)
  return picture
}

function sizeViolation({ width, height }: InputPicture, limits: PictureLimits): string | null {
  const { sideMin, sideMax, pixelsMin, pixelsMax, aspectMax } = limits
  const shorter = Math.min(width, height)
  const longer = Math.max(width, height)
  const pixels = width * height
  if (shorter < sideMin) return `every side of the image must be at least ${sideMin} pixels`
  if (sideMax !== undefined && longer > sideMax) {
    return `every side of the image must be at most ${sideMax} pixels`
  }
  if (pixelsMin !== undefined && pixels < pixelsMin) {
    return `the total pixel count must be at least ${pixelsMin} pixels`
  }
  if (pixelsMax !== undefined && pixels > pixelsMax) {
    return `the total pixel count cannot exceed ${pixelsMax} pixels`
  }
  if (aspectMax !== undefined && longer > shorter * aspectMax) {
    return `the image aspect ratio must be between 1:${aspectMax} and ${aspectMax}:1`
  }
  return null
}
