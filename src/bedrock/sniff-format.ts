/**
 * What a file is by its first bytes, in Converse's words where it has one (shape ImageFormat, DocumentFormat, VideoFormat,
 * AudioFormat of the service model).
 */
export type SniffedFormat =
  | { readonly kind: 'image'; readonly format: SniffedImage }
  | { readonly kind: 'document'; readonly format: 'pdf' }
  /** Office files: the container says which kind, not which format. */
  | { readonly kind: 'container'; readonly format: 'zip' | 'ole' }
  | { readonly kind: 'video'; readonly format: string }
  | { readonly kind: 'audio'; readonly format: string }

/** Beside Bedrock's four: what is converted, and what is told by name when refused. */
export type SniffedImage = 'png' | 'jpeg' | 'gif' | 'webp' | 'avif' | 'heic' | 'tiff' | 'bmp' | 'svg'

interface Signature {
  /** Bytes from `at` on, one character a byte. */
  readonly bytes: string
  readonly at?: number
  /** More bytes that must be there, too. */
  readonly also?: { readonly bytes: string; readonly at: number }
  readonly is: SniffedFormat
}

const image = (format: SniffedImage): SniffedFormat => ({ kind: 'image', format })
const video = (format: string): SniffedFormat => ({ kind: 'video', format })
const audio = (format: string): SniffedFormat => ({ kind: 'audio', format })

/** File signatures; the first that fits counts. Brands of ISO media files (`ftyp`) have a table of their own. */
const SIGNATURES: readonly Signature[] = [
  { bytes: '\x89PNG\r\n\x1a\n', is: image('png') },
  { bytes: '\xff\xd8\xff', is: image('jpeg') },
  { bytes: 'GIF87a', is: image('gif') },
  { bytes: 'GIF89a', is: image('gif') },
  { bytes: 'RIFF', also: { bytes: 'WEBP', at: 8 }, is: image('webp') },
  { bytes: 'II*\0', is: image('tiff') },
  { bytes: 'MM\0*', is: image('tiff') },
  { bytes: 'BM', also: { bytes: '\0\0\0\0', at: 6 }, is: image('bmp') },
  { bytes: 'PK\x03\x04', is: { kind: 'container', format: 'zip' } },
  { bytes: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', is: { kind: 'container', format: 'ole' } },
  { bytes: 'RIFF', also: { bytes: 'WAVE', at: 8 }, is: audio('wav') },
  { bytes: 'fLaC', is: audio('flac') },
  { bytes: 'OggS', also: { bytes: 'OpusHead', at: 28 }, is: audio('opus') },
  { bytes: 'OggS', is: audio('ogg') },
  { bytes: 'ID3\x02', is: audio('mp3') },
  { bytes: 'ID3\x03', is: audio('mp3') },
  { bytes: 'ID3\x04', is: audio('mp3') },
  { bytes: '\xff\xfb', is: audio('mp3') },
  { bytes: '\xff\xf3', is: audio('mp3') },
  { bytes: '\xff\xf2', is: audio('mp3') },
  { bytes: '\xff\xf1', is: audio('aac') },
  { bytes: '\xff\xf9', is: audio('aac') },
  { bytes: 'FLV\x01', is: video('flv') },
  { bytes: '\0\0\x01\xba', is: video('mpeg') },
  { bytes: '\0\0\x01\xb3', is: video('mpeg') },
  { bytes: '\x30\x26\xb2\x75\x8e\x66\xcf\x11', is: video('wmv') },
]

/** Major brands of ISO media files, by their start; any other one is taken for mp4. */
const BRANDS: readonly (readonly [start: string, is: SniffedFormat])[] = [
  ['avif', image('avif')],
  ['avis', image('avif')],
  ['heic', image('heic')],
  ['heix', image('heic')],
  ['hevc', image('heic')],
  ['mif1', image('heic')],
  ['msf1', image('heic')],
  ['qt  ', video('mov')],
  ['3g', video('three_gp')],
  ['M4A', audio('m4a')],
  ['M4B', audio('m4a')],
]

/** A file can hold anything before these words, within limits. */
const PDF_WITHIN_BYTES = 1024
const SVG_WITHIN_BYTES = 1024
const EBML = '\x1a\x45\xdf\xa3'
const EBML_WITHIN_BYTES = 64
const BRANDS_WITHIN_BYTES = 40

/** The format by content alone; null: none that has a signature (text, or unknown). */
export function sniffFormat(bytes: Uint8Array): SniffedFormat | null {
  const found = SIGNATURES.find(
    ({ bytes: start, at = 0, also }) =>
      hasAt(bytes, start, at) && (also === undefined || hasAt(bytes, also.bytes, also.at)),
  )
  if (found !== undefined) return found.is
  if (hasAt(bytes, 'ftyp', 4)) return toBrand(latin1(bytes.subarray(8, BRANDS_WITHIN_BYTES)))
  if (hasAt(bytes, EBML, 0)) {
    return video(latin1(bytes.subarray(0, EBML_WITHIN_BYTES)).includes('webm') ? 'webm' : 'mkv')
  }
  if (latin1(bytes.subarray(0, PDF_WITHIN_BYTES)).includes('%PDF-'))
    return { kind: 'document', format: 'pdf' }
  return isSvg(latin1(bytes.subarray(0, SVG_WITHIN_BYTES))) ? image('svg') : null
}

/** The major brand, then a version and the brands it is compatible with: AVIF may call itself a plain HEIF picture. */
function toBrand(brand: string): SniffedFormat {
  if (/^(mif1|msf1)/.test(brand) && brand.includes('avif')) return image('avif')
  return BRANDS.find(([start]) => brand.startsWith(start))?.[1] ?? video('mp4')
}

/** XML whose first element is `svg`: comments, declarations and white space may stand before it. */
function isSvg(start: string): boolean {
  if (!/^(\xef\xbb\xbf)?\s*</.test(start)) return false
  return /<([a-z]\w*)/i.exec(start)?.[1]?.toLowerCase() === 'svg'
}

function hasAt(bytes: Uint8Array, text: string, at: number): boolean {
  if (bytes.length < at + text.length) return false
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[at + index] !== text.charCodeAt(index)) return false
  }
  return true
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
