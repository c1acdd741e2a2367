import type { NovaTraits } from './nova-schema.js'
import { refused } from './refused.js'

interface Size {
  readonly width: number
  readonly height: number
}

/** "The total pixel count must be less than 4,194,304" (AWS Nova user guide, as quoted in the documentation of vercel/ai). */
const CANVAS_PIXELS = 4_194_304
const CANVAS_SIDE_MIN = 320
const CANVAS_SIDE_MAX = 4096
const CANVAS_ASPECT_MAX = 4
const TITAN_SIDE_MAX = 1408

// Facts C11; the half sizes as the AWS page "Amazon Titan Image Generator G1 models" has them.
const TITAN_SIZES: ReadonlySet<string> = new Set(
  [
    '1024x1024 768x768 512x512',
    '768x1152 384x576 1152x768 576x384',
    '768x1280 384x640 1280x768 640x384',
    '896x1152 448x576 1152x896 576x448',
    '768x1408 384x704 1408x768 704x384',
    '640x1408 320x704 1408x640 704x320',
    '1152x640 1173x640',
  ].flatMap((line) => line.split(' ')),
)

/** Throws where the model does not make pictures of this size. Sides and multiples are the schema's. */
export function checkOutputSize(size: Size, { isCanvas }: NovaTraits): void {
  if (isCanvas) checkCanvasSize(size, 'output image')
  else if (!TITAN_SIZES.has(`${size.width}x${size.height}`)) {
    throw refused(`The image size ${size.width}x${size.height} is not supported.`)
  }
}

/** Throws where the model does not take an input picture or a mask of this size (both pages have the same limits for them). */
export function checkInputSize(size: Size, { isCanvas }: NovaTraits): void {
  if (isCanvas) {
    checkCanvasSize(size, 'input image')
    return
  }
  const longer = Math.max(size.width, size.height)
  if (longer > TITAN_SIDE_MAX) {
    throw refused(
      `The longer side of the input image must be at most ${TITAN_SIDE_MAX} pixels, got ${longer}.`,
    )
  }
}

function checkCanvasSize({ width, height }: Size, what: string): void {
  const longer = Math.max(width, height)
  const shorter = Math.min(width, height)
  if (shorter < CANVAS_SIDE_MIN || longer > CANVAS_SIDE_MAX) {
    throw refused(
      `Each side of the ${what} must be between ${CANVAS_SIDE_MIN}-${CANVAS_SIDE_MAX} pixels, inclusive, got ${width}x${height}.`,
    )
  }
  if (longer > shorter * CANVAS_ASPECT_MAX) {
    throw refused(`The aspect ratio of the ${what} must be between 1:4 and 4:1, got ${width}x${height}.`)
  }
  if (width * height >= CANVAS_PIXELS) {
    throw refused(`The total pixel count of the ${what} must be less than 4,194,304, got ${width}x${height}.`)
  }
}
