import { sniffFormat } from '../../bedrock/sniff-format.js'

/** A file, as far as its bytes, its name and its label tell what it is. */
export interface LabelledFile {
  readonly bytes: Uint8Array
  readonly fileName: string | null
  /** Lower case, without parameters. */
  readonly mediaType: string | null
}

/** Converse's DocumentFormat. */
export type DocumentFormat = 'pdf' | 'csv' | 'doc' | 'docx' | 'xls' | 'xlsx' | 'html' | 'txt' | 'md'

/** Formats that a model can also read as plain text. */
export const TEXT_FORMATS: readonly DocumentFormat[] = ['csv', 'html', 'txt', 'md']

/** File extensions; those of other text files mean `txt` by their content. */
const EXTENSIONS: Readonly<Record<string, DocumentFormat>> = {
  csv: 'csv',
  doc: 'doc',
  docm: 'docx',
  docx: 'docx',
  dot: 'doc',
  htm: 'html',
  html: 'html',
  markdown: 'md',
  md: 'md',
  txt: 'txt',
  xhtml: 'html',
  xls: 'xls',
  xlsm: 'xlsx',
  xlsx: 'xlsx',
}

const MEDIA_TYPES: Readonly<Record<string, DocumentFormat>> = {
  'application/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/xhtml+xml': 'html',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/x-markdown': 'md',
}

/** Office Open XML files list their parts by name, uncompressed. */
const ZIP_PARTS: readonly (readonly [part: string, format: DocumentFormat | null])[] = [
  ['word/', 'docx'],
  ['xl/', 'xlsx'],
  ['ppt/', null],
]

/** Streams of the older office files, by name in UTF-16. */
const OLE_STREAMS: readonly (readonly [stream: string, format: DocumentFormat])[] = [
  ['WordDocument', 'doc'],
  ['Workbook', 'xls'],
  ['Book', 'xls'],
]

/** The document format of a file, told by its bytes first, then by its name, then by its label; null: none that Converse has. */
export function documentFormatOf(file: LabelledFile): DocumentFormat | null {
  const sniffed = sniffFormat(file.bytes)
  // SVG is text, too.
  if (sniffed === null || sniffed.format === 'svg') return isBinary(file.bytes) ? null : textFormatOf(file)
  if (sniffed.kind === 'document') return sniffed.format
  if (sniffed.kind !== 'container') return null
  return sniffed.format === 'zip' ? zipFormatOf(file) : oleFormatOf(file)
}

function zipFormatOf({ bytes, ...labels }: LabelledFile): DocumentFormat | null {
  const buffer = toBuffer(bytes)
  const part = ZIP_PARTS.find(([name]) => buffer.includes(name, 0, 'latin1'))
  if (part !== undefined) return part[1]
  const labelled = labelOf(labels)
  return labelled === 'docx' || labelled === 'xlsx' ? labelled : null
}

function oleFormatOf({ bytes, ...labels }: LabelledFile): DocumentFormat | null {
  const labelled = labelOf(labels)
  if (labelled === 'doc' || labelled === 'xls') return labelled
  const buffer = toBuffer(bytes)
  return OLE_STREAMS.find(([stream]) => buffer.includes(stream, 0, 'utf16le'))?.[1] ?? null
}

/** What only looks like an office file by its name (an HTML page that calls itself .xls, say) is what its text is. */
function textFormatOf({ bytes, ...labels }: LabelledFile): DocumentFormat {
  const labelled = labelOf(labels)
  if (labelled !== null && TEXT_FORMATS.includes(labelled)) return labelled
  const start = toBuffer(bytes).toString('latin1', 0, 256)
  return /^(\xef\xbb\xbf)?\s*<(!doctype html|html)[\s>]/i.test(start) ? 'html' : 'txt'
}

function labelOf({ fileName, mediaType }: Omit<LabelledFile, 'bytes'>): DocumentFormat | null {
  const extension = /\.([a-z0-9]+)$/i.exec(fileName ?? '')?.[1]?.toLowerCase() ?? ''
  return lookUp(EXTENSIONS, extension) ?? lookUp(MEDIA_TYPES, mediaType ?? '')
}

function lookUp(table: Readonly<Record<string, DocumentFormat>>, key: string): DocumentFormat | null {
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null
}

/** Text has no zero bytes, but for UTF-16, which says so at its start. */
function isBinary(bytes: Uint8Array): boolean {
  return bytes.includes(0) && utf16Of(bytes) === null
}

/** The text of a file: UTF-8, UTF-16 with its mark, else Windows-1252, in which every byte is a character. */
export function decodeFileText(bytes: Uint8Array): string {
  const label = utf16Of(bytes) ?? 'utf-8'
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes)
  } catch {
    return decodeWindows1252(bytes)
  }
}

/** What Windows-1252 has where Latin-1 has control characters. Node's own decoder reads Latin-1 instead (nodejs/node#56542). */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

function decodeWindows1252(bytes: Uint8Array): string {
  return toBuffer(bytes)
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (control) => WINDOWS_1252[control.charCodeAt(0) - 0x80] ?? control)
}

function utf16Of([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : null
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
