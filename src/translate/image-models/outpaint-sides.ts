import { GatewayError } from '../../errors.js'
import type { ImageSize } from '../../openai/image-types.js'
import type { Extras } from './extras.js'
import type { ImageCallInput } from './types.js'

const SIDES = ['left', 'right', 'up', 'down'] as const
const SIDE_PIXELS_MAX = 2000

type Sides = Readonly<Record<(typeof SIDES)[number], number>>

/**
 * How many pixels are painted around a picture: what the client says, else what lies between the picture and the wanted
 * `size`, which is all that a client with OpenAI's words alone can say. Throws a `GatewayError` where nothing is to grow.
 */
export function toOutpaintSides({ request, edit, dropped }: ImageCallInput, extras: Extras): Sides {
  const said = Object.fromEntries(
    SIDES.map((side) => [
      side,
      extras.number([side], { minimum: 0, maximum: SIDE_PIXELS_MAX, whole: true }) ?? 0,
    ]),
  ) as Sides
  if (grows(said)) {
    if (request.size !== null) dropped.add('size')
    return said
  }
  const [image] = edit?.images ?? []
  const sides = request.size === null || image === undefined ? null : sidesAround(image, request.size)
  if (sides !== null && grows(sides)) return sides
  throw new GatewayError(
    'invalid_request',
    `left, right, up or down must be a number of pixels from 1 to ${SIDE_PIXELS_MAX}, or size larger than the picture`,
    { param: 'left' },
  )
}

function grows(sides: Sides): boolean {
  return SIDES.some((side) => sides[side] > 0)
}

function sidesAround(image: ImageSize, wanted: ImageSize): Sides {
  const [left, right] = halves(wanted.width - image.width)
  const [up, down] = halves(wanted.height - image.height)
  return { left, right, up, down }
}

function halves(pixels: number): readonly [number, number] {
  const whole = Math.min(2 * SIDE_PIXELS_MAX, Math.max(0, pixels))
  return [Math.floor(whole / 2), Math.ceil(whole / 2)]
}
