import type { ImageSize } from '../src/openai/image-types.js'
import type { InputImageRules } from '../src/translate/image-models/types.js'

/**
 * The size nearest to a picture's own that its model takes, its proportions kept to the pixel; null where none is. The picture's
 * own proportions must be within `aspectMax`.
 */
export function fitSize(size: ImageSize, rules: InputImageRules): ImageSize | null {
  if (isWithin(size, rules)) return size
  const { width, height } = size
  const most = Math.min(
    rules.sideMax / Math.max(width, height),
    Math.sqrt(rules.pixelsMax / (width * height)),
  )
  const least = Math.max(
    rules.sideMin / Math.min(width, height),
    Math.sqrt(rules.pixelsMin / (width * height)),
  )
  return scaleSize(size, Math.min(most, Math.max(least, 1)), rules)
}

/** The size scaled by a factor, rounded so that the rules hold; null where no rounding does. */
export function scaleSize(
  { width, height }: ImageSize,
  factor: number,
  rules: InputImageRules,
): ImageSize | null {
  // Both ways: a side on its limit must not be rounded over it, nor the proportions beyond theirs.
  const candidates = [Math.round, Math.floor, Math.ceil].flatMap((roundWidth) =>
    [Math.round, Math.floor, Math.ceil].map((roundHeight) => ({
      width: Math.max(1, roundWidth(width * factor)),
      height: Math.max(1, roundHeight(height * factor)),
    })),
  )
  return candidates.find((candidate) => isWithin(candidate, rules)) ?? null
}

/** Longer side by shorter side. */
export function aspectOf({ width, height }: ImageSize): number {
  return Math.max(width, height) / Math.min(width, height)
}

function isWithin(
  size: ImageSize,
  { sideMin, sideMax, pixelsMin, pixelsMax, aspectMax }: InputImageRules,
): boolean {
  const { width, height } = size
  const pixels = width * height
  return (
    Math.min(width, height) >= sideMin &&
    Math.max(width, height) <= sideMax &&
    pixels >= pixelsMin &&
    pixels <= pixelsMax &&
    (aspectMax === null || aspectOf(size) <= aspectMax)
  )
}
