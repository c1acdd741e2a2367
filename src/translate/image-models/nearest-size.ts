import type { ImageSize } from '../../openai/image-types.js'

/** Sizes that a model makes freely. */
export interface SizeRange {
  /** Pixels a side. */
  readonly sideMin: number
  readonly sideMax: number
  /** Both sides are multiples of it. */
  readonly step: number
  readonly pixelsMax: number
  /** Longer side by shorter side. */
  readonly aspectMax: number
}

/** The size in a range that is most like the wanted one: its shape first, then its area. */
export function nearestInRange({ width, height }: ImageSize, range: SizeRange): ImageSize {
  const { sideMin, sideMax, step, pixelsMax, aspectMax } = range
  const aspect = Math.min(aspectMax, Math.max(1 / aspectMax, width / height))
  const areaMin = sideMin * sideMin * Math.max(aspect, 1 / aspect)
  const area = Math.min(pixelsMax, Math.max(areaMin, width * height))
  const steps = (pixels: number, round: (value: number) => number): number =>
    Math.min(sideMax, Math.max(sideMin, round(pixels / step) * step))
  const sized = (round: (value: number) => number): ImageSize => {
    const [wide, high] = [steps(Math.sqrt(area * aspect), round), steps(Math.sqrt(area / aspect), round)]
    // Rounding may have made a long picture longer still.
    return { width: Math.min(wide, high * aspectMax), height: Math.min(high, wide * aspectMax) }
  }
  const rounded = sized(Math.round)
  return rounded.width * rounded.height <= pixelsMax ? rounded : sized(Math.floor)
}

/** The one of a list (not empty) that is most like the wanted one: its shape first, then its area. */
export function nearestOf<Size extends ImageSize>(
  wanted: ImageSize,
  sizes: readonly [Size, ...Size[]],
): Size {
  const order = (one: Size, other: Size): number =>
    shapeDistance(wanted, one) - shapeDistance(wanted, other) ||
    areaDistance(wanted, one) - areaDistance(wanted, other)
  return sizes.reduce((best, size) => (order(size, best) < 0 ? size : best))
}

/** 0: the same shape. Wide and high by the same factor are equally far. */
function shapeDistance(one: ImageSize, other: ImageSize): number {
  return Math.abs(Math.log((one.width * other.height) / (one.height * other.width)))
}

function areaDistance(one: ImageSize, other: ImageSize): number {
  return Math.abs(Math.log((one.width * one.height) / (other.width * other.height)))
}
