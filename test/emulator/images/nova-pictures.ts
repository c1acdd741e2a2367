import { type InputPicture, isOpaque, openPicture, toRgbPixels } from './input-picture.js'
import type { NovaTraits } from './nova-schema.js'
import { checkInputSize } from './nova-sizes.js'
import { refused } from './refused.js'

/** "Max input image size – 5 MB" (AWS Bedrock user guide, "Amazon Titan Image Generator G1 models"). */
const TITAN_BYTES_MAX = 5 * 1024 * 1024

/** Opens an input picture of Nova or Titan. Throws where they do not take it. */
export async function openInput(base64: string, traits: NovaTraits): Promise<InputPicture> {
  const picture = await open(base64, traits, 'image')
  // AWS Nova user guide, "Image generation and editing": an alpha channel may be there, but all of it must be opaque.
  if (traits.isCanvas && picture.hasAlpha && !(await isOpaque(picture))) {
    throw refused('The input image must not contain any transparent or translucent pixels.')
  }
  return picture
}

/**
 * Opens a mask and says what it edits, one byte for each pixel. Facts C11: as large as the picture, pure black and white, no
 * alpha; black is edited in inpainting, white in outpainting.
 */
export async function openMask(
  base64: string,
  { image, edits, traits }: { image: InputPicture; edits: 'black' | 'white'; traits: NovaTraits },
): Promise<Uint8Array> {
  const mask = await open(base64, traits, 'mask image')
  if (mask.width !== image.width || mask.height !== image.height) {
    throw refused(
      `The mask image must be as large as the image, ${image.width}x${image.height}, got ${mask.width}x${mask.height}.`,
    )
  }
  if (mask.hasAlpha) throw refused('The mask image must not have an alpha channel.')
  const { rgb } = await toRgbPixels(mask)
  const edited = new Uint8Array(mask.width * mask.height)
  for (let pixel = 0; pixel < edited.length; pixel += 1) {
    const at = pixel * 3
    const level = rgb[at]
    if ((level !== 0 && level !== 255) || rgb[at + 1] !== level || rgb[at + 2] !== level) {
      throw refused('The mask image must contain only pure black and pure white pixels.')
    }
    edited[pixel] = (level === 0) === (edits === 'black') ? 1 : 0
  }
  return edited
}

async function open(base64: string, traits: NovaTraits, what: string): Promise<InputPicture> {
  const picture = await openPicture(base64)
  if (picture === null) throw refused(`The ${what} is not a valid base64-encoded image.`)
  // Both pages: "must be in JPEG or PNG format".
  if (picture.format !== 'png' && picture.format !== 'jpeg') {
    throw refused(`The ${what} must be in JPEG or PNG format, got ${picture.format}.`)
  }
  // AWS Nova user guide, "Image generation and editing": 8 bits per color channel.
  if (picture.bitsPerSample !== 8) throw refused(`The ${what} must have 8 bits per color channel.`)
  if (!traits.isCanvas && picture.bytes.length > TITAN_BYTES_MAX) {
    throw refused(`The ${what} must be at most ${TITAN_BYTES_MAX} bytes, got ${picture.bytes.length}.`)
  }
  checkInputSize(picture, traits)
  return picture
}
