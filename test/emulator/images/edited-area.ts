import { cellSpans, isMiddle } from './grid.js'

interface Size {
  readonly width: number
  readonly height: number
}

/** The middle half of a picture, or all but that: what the emulated models take for the object that a prompt names. */
export function middleArea({ width, height }: Size, options: { readonly inside: boolean }): Uint8Array {
  const edited = new Uint8Array(width * height)
  const columns = cellSpans(width)
  cellSpans(height).forEach(({ start, end }, row) => {
    for (let y = start; y < end; y += 1) {
      columns.forEach((column, index) => {
        const value = isMiddle(row, index) === options.inside ? 1 : 0
        edited.fill(value, y * width + column.start, y * width + column.end)
      })
    }
  })
  return edited
}

/** All of `size` but a rectangle: what outpainting adds around a picture. */
export function areaAround(
  size: Size,
  kept: Size & { readonly left: number; readonly top: number },
): Uint8Array {
  const edited = new Uint8Array(size.width * size.height).fill(1)
  for (let y = kept.top; y < kept.top + kept.height; y += 1) {
    edited.fill(0, y * size.width + kept.left, y * size.width + kept.left + kept.width)
  }
  return edited
}
