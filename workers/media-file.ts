import { isUtf8 } from 'node:buffer'
import { documentBytesMax } from '../src/bedrock/media-limits.js'
import { sniffFormat } from '../src/bedrock/sniff-format.js'
import type { ModelTarget } from '../src/catalog/types.js'
import { toBase64 } from '../src/translate/media/base64.js'
import {
  type DocumentFormat,
  decodeFileText,
  documentFormatOf,
  TEXT_FORMATS,
} from '../src/translate/media/document-format.js'
import { type MediaFile, mediaError } from './read-source.js'
import { unsupportedMedia } from './unsupported-media.js'

/** What a file of a request is to be: what `kind` says, made by whom it concerns, or a document. */
export type FileKind = 'image' | 'audio' | 'video' | 'document'

/** A document before it has its name, which no other document of the request may have. */
export type PreparedDocument =
  | {
      readonly type: 'document'
      readonly format: DocumentFormat
      readonly base64: string
      readonly fileName: string | null
    }
  /** For models that read no documents of this kind: the text itself, under its name. */
  | { readonly type: 'text'; readonly text: string }

/** What a file is, by its bytes. */
export function fileKindOf({ bytes }: MediaFile): FileKind {
  const sniffed = sniffFormat(bytes)
  // SVG is no picture for Bedrock, but text it can read.
  if (sniffed === null || sniffed.format === 'svg' || sniffed.kind === 'container') return 'document'
  return sniffed.kind
}

/** A file as a document that the model takes, else as text. Throws a `GatewayError` that names `param`. */
export function prepareDocument(file: MediaFile, param: string, target: ModelTarget): PreparedDocument {
  const types = target.capabilities.documentTypes
  const format = documentFormatOf(file)
  if (format === null) {
    if (types.length === 0) throw unsupportedMedia(param, 'files of this kind', target)
    throw mediaError(param, `must be a document (${types.join(', ')}), got other bytes`)
  }
  const isText = TEXT_FORMATS.includes(format)
  const taken = types.includes(format) ? format : isText && types.includes('txt') ? 'txt' : null
  if (taken !== null) return toDocument(file, taken, { param, target })
  if (isText) return { type: 'text', text: toText(file) }
  throw unsupportedMedia(param, `${format} documents`, target)
}

function toDocument(
  file: MediaFile,
  format: DocumentFormat,
  { param, target }: { readonly param: string; readonly target: ModelTarget },
): PreparedDocument {
  const bytesMax = documentBytesMax(target, format)
  if (file.bytes.length > bytesMax) {
    throw mediaError(
      param,
      `is a ${format} document of ${file.bytes.length} bytes: this model takes ${bytesMax}. Split it, or send its text.`,
    )
  }
  const base64 =
    TEXT_FORMATS.includes(format) && !isUtf8(file.bytes)
      ? Buffer.from(decodeFileText(file.bytes)).toString('base64')
      : toBase64(file)
  return { type: 'document', format, base64, fileName: file.fileName }
}

/** Never blank, which Bedrock refuses (facts C6). */
function toText(file: MediaFile): string {
  const text = decodeFileText(file.bytes)
  return `${file.fileName ?? 'file'}:\n${text.trim() === '' ? '(empty)' : text}`
}
