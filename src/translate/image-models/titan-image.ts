import type { ImageSize } from '../../openai/image-types.js'
import { createAmazonImageAdapter } from './amazon-image.js'
import { nearestOf } from './nearest-size.js'

/** AWS, "Amazon Titan Image Generator G1 models": every size it makes. */
const SIZES: readonly [ImageSize, ...ImageSize[]] = [
  { width: 1024, height: 1024 },
  { width: 768, height: 768 },
  { width: 512, height: 512 },
  { width: 768, height: 1152 },
  { width: 384, height: 576 },
  { width: 1152, height: 768 },
  { width: 576, height: 384 },
  { width: 768, height: 1280 },
  { width: 384, height: 640 },
  { width: 1280, height: 768 },
  { width: 640, height: 384 },
  { width: 896, height: 1152 },
  { width: 448, height: 576 },
  { width: 1152, height: 896 },
  { width: 576, height: 448 },
  { width: 768, height: 1408 },
  { width: 384, height: 704 },
  { width: 1408, height: 768 },
  { width: 704, height: 384 },
  { width: 640, height: 1408 },
  { width: 320, height: 704 },
  { width: 1408, height: 640 },
  { width: 704, height: 320 },
  { width: 1152, height: 640 },
  { width: 1173, height: 640 },
]

/** amazon.titan-image-generator-v2:0. */
export const titanImage = createAmazonImageAdapter({
  promptCharactersMax: 512,
  nearestSize: (wanted) => nearestOf(wanted, SIZES),
  styles: [],
  input: {
    formats: ['png', 'jpeg'],
    sideMin: 256,
    sideMax: 1408,
    pixelsMin: 256 ** 2,
    pixelsMax: 1408 ** 2,
    aspectMax: null,
    alpha: false,
    countMax: 5,
  },
})
