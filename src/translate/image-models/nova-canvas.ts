import { createAmazonImageAdapter } from './amazon-image.js'
import { nearestInRange } from './nearest-size.js'

/** AWS, "Access and usage" of Nova Canvas: fewer than 4,194,304 pixels. */
const SIZES = { sideMin: 320, sideMax: 4096, step: 16, pixelsMax: 4_194_303, aspectMax: 4 } as const

/** amazon.nova-canvas-v1:0. */
export const novaCanvas = createAmazonImageAdapter({
  promptCharactersMax: 1024,
  nearestSize: (wanted) => nearestInRange(wanted, SIZES),
  styles: [
    '3D_ANIMATED_FAMILY_FILM',
    'DESIGN_SKETCH',
    'FLAT_VECTOR_ILLUSTRATION',
    'GRAPHIC_NOVEL_ILLUSTRATION',
    'MAXIMALISM',
    'MIDCENTURY_RETRO',
    'PHOTOREALISM',
    'SOFT_DIGITAL_PAINTING',
  ],
  input: {
    formats: ['png', 'jpeg'],
    sideMin: SIZES.sideMin,
    sideMax: SIZES.sideMax,
    pixelsMin: SIZES.sideMin ** 2,
    pixelsMax: SIZES.pixelsMax,
    aspectMax: SIZES.aspectMax,
    // An input picture may have an alpha channel, but nothing in it may be transparent.
    alpha: false,
    countMax: 5,
  },
})
