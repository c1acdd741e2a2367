/**
 * How a drawn picture is laid out: 16 by 16 cells over the whole picture, one for each bit of a SHA-256, row by row. The middle
 * of a cell is white (1) or black (0); its rim shows what is below: the input picture, `PAINT` where the model edited, or grey.
 */
export const CELLS_PER_SIDE = 16

export type Colour = readonly [red: number, green: number, blue: number]

/** What an edited area is painted in. Tests' input pictures have other colours. */
export const PAINT: Colour = [255, 0, 255]
/** What a picture that was made from words alone has on its rims. */
export const GREY: Colour = [128, 128, 128]

/** One axis of a cell in pixels: from `start` to before `end`, its middle from `inner` to before `innerEnd`. */
export interface CellSpan {
  readonly start: number
  readonly inner: number
  readonly innerEnd: number
  readonly end: number
}

/** The 16 spans of an axis of `pixels`. */
export function cellSpans(pixels: number): readonly CellSpan[] {
  return Array.from({ length: CELLS_PER_SIDE }, (_, index) => {
    const start = Math.floor((index * pixels) / CELLS_PER_SIDE)
    const end = Math.floor(((index + 1) * pixels) / CELLS_PER_SIDE)
    const inset = Math.floor((end - start) / 4)
    return { start, inner: start + inset, innerEnd: end - inset, end }
  })
}

/** Bit `index` of a SHA-256 in hex, from the left. */
export function bitOf(hash: string, index: number): boolean {
  return ((Number.parseInt(hash.charAt(index >> 2), 16) >> (3 - (index & 3))) & 1) === 1
}

/** True in the middle half of both axes: where the emulated models find the object that a prompt names. */
export function isMiddle(row: number, column: number): boolean {
  return row >= 4 && row < 12 && column >= 4 && column < 12
}
