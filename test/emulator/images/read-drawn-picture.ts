import sharp from 'sharp'
import { CELLS_PER_SIDE, type CellSpan, type Colour, cellSpans } from './grid.js'

/** What a drawn picture says. */
export interface DrawnPicture {
  readonly width: number
  readonly height: number
  /** `png`, `jpeg`, `webp`. */
  readonly format: string
  readonly hasAlpha: boolean
  /** SHA-256 in hex; compare with `hashOfRequest`. */
  readonly hash: string
  /** 16 lines of 16 characters: `#` where the model edited, `.` where it kept the input. */
  readonly edited: readonly string[]
  /** Mean colour of a cell's rim: what the input picture had there, or the paint. Row and column from 0 to 15. */
  rimColour(row: number, column: number): Colour
}

/**
 * Reads a picture that the emulator drew, also after it was encoded anew or scaled to another size and aspect.
 * Throws where a cell is neither black nor white: not drawn here, cropped, or turned.
 */
export async function readDrawnPicture(bytes: Uint8Array): Promise<DrawnPicture> {
  const { format = '', hasAlpha = false } = await sharp(bytes).metadata()
  const { data, info } = await sharp(bytes)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { width, height } = info
  const rows = cellSpans(height)
  const columns = cellSpans(width)
  const cells = rows.map((row) => columns.map((column) => readCell({ data, width }, row, column)))
  return {
    width,
    height,
    format,
    hasAlpha,
    hash: toHex(cells.flat().map(({ level }, index) => toBit(level, index))),
    edited: cells.map((line) => line.map(({ rim }) => (isPaint(rim) ? '#' : '.')).join('')),
    rimColour: (row, column) => cells[row]?.[column]?.rim ?? [Number.NaN, Number.NaN, Number.NaN],
  }
}

/** The hash that a drawn picture carries; throws as `readDrawnPicture` does. */
export async function readDrawnHash(bytes: Uint8Array): Promise<string> {
  return (await readDrawnPicture(bytes)).hash
}

interface Cell {
  /** Mean of the middle, 0 to 255. */
  readonly level: number
  readonly rim: Colour
}

function readCell(pixels: { data: Buffer; width: number }, row: CellSpan, column: CellSpan): Cell {
  const middle = meanOf(pixels, { row: core(row), column: core(column) })
  // The outer half of the left and the right rim: what is between rim and middle is mixed by scaling.
  const inset = Math.max(1, Math.floor((column.inner - column.start) / 2))
  const left = meanOf(pixels, { row: [row.start, row.end], column: [column.start, column.start + inset] })
  const right = meanOf(pixels, { row: [row.start, row.end], column: [column.end - inset, column.end] })
  const rim: Colour = [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2, (left[2] + right[2]) / 2]
  return { level: (middle[0] + middle[1] + middle[2]) / 3, rim }
}

type Range = readonly [from: number, to: number]

// The inner half of a middle.
function core({ inner, innerEnd }: CellSpan): Range {
  const inset = Math.floor((innerEnd - inner) / 4)
  return [inner + inset, innerEnd - inset]
}

function meanOf(
  { data, width }: { data: Buffer; width: number },
  { row, column }: { row: Range; column: Range },
): Colour {
  let [red, green, blue] = [0, 0, 0]
  for (let y = row[0]; y < row[1]; y += 1) {
    for (let x = column[0]; x < column[1]; x += 1) {
      const offset = (y * width + x) * 3
      red += data[offset] ?? 0
      green += data[offset + 1] ?? 0
      blue += data[offset + 2] ?? 0
    }
  }
  const count = (row[1] - row[0]) * (column[1] - column[0])
  return [red / count, green / count, blue / count]
}

function toBit(level: number, index: number): 0 | 1 {
  if (level < 96) return 0
  if (level > 160) return 1
  const place = `row ${Math.floor(index / CELLS_PER_SIDE)}, column ${index % CELLS_PER_SIDE}`
  throw new Error(`no drawn picture: the cell in ${place} is neither black nor white, but ${level}`)
}

function toHex(bits: readonly (0 | 1)[]): string {
  const digits = Array.from({ length: bits.length / 4 }, (_, index) => bits.slice(index * 4, index * 4 + 4))
  return digits.map((nibble) => Number.parseInt(nibble.join(''), 2).toString(16)).join('')
}

function isPaint([red, green, blue]: Colour): boolean {
  return red > 160 && green < 96 && blue > 160
}
