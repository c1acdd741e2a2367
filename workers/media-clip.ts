import { CLIP_BYTES_MAX } from '../src/bedrock/media-limits.js'
import { sniffFormat } from '../src/bedrock/sniff-format.js'
import type { ContentBlock } from '../src/bedrock/types.js'
import type { ModelTarget } from '../src/catalog/types.js'
import { toBase64 } from '../src/translate/media/base64.js'
import { type MediaFile, mediaError } from './read-source.js'
import { unsupportedMedia } from './unsupported-media.js'

/** Converse's AudioFormat and VideoFormat where clients, servers and file names say it otherwise. */
const ALIASES: Readonly<Record<string, string>> = {
  '3gp': 'three_gp',
  '3gpp': 'three_gp',
  '3gpp2': 'three_gp',
  matroska: 'mkv',
  pcm16: 'pcm',
  quicktime: 'mov',
  vorbis: 'ogg',
  wave: 'wav',
}

/** Audio in one of the formats that the model takes. `label`: what the client says it is. Throws a `GatewayError`. */
export function toAudioBlock(
  file: MediaFile,
  label: string | null,
  place: { readonly param: string; readonly target: ModelTarget },
): Pick<ContentBlock, 'audio'> {
  const types = place.target.capabilities.audioTypes
  return { audio: toClip(file, label, { ...place, types, what: 'audio' }) }
}

/** Video in one of the formats that the model takes. Throws a `GatewayError`. */
export function toVideoBlock(
  file: MediaFile,
  place: { readonly param: string; readonly target: ModelTarget },
): Pick<ContentBlock, 'video'> {
  const types = place.target.capabilities.videoTypes
  return { video: toClip(file, null, { ...place, types, what: 'video' }) }
}

interface ClipPlace {
  readonly param: string
  readonly target: ModelTarget
  readonly types: readonly string[]
  readonly what: 'audio' | 'video'
}

function toClip(
  file: MediaFile,
  label: string | null,
  { param, target, types, what }: ClipPlace,
): NonNullable<ContentBlock['audio']> {
  if (types.length === 0) throw unsupportedMedia(param, what, target)
  const format = clipFormatOf(file, label)
  if (format === null) throw mediaError(param, `must be ${what} (${types.join(', ')}), got other bytes`)
  if (!types.includes(format)) throw unsupportedMedia(param, `${what} as ${format}`, target)
  if (file.bytes.length > CLIP_BYTES_MAX) {
    throw mediaError(param, `is ${what} of ${file.bytes.length} bytes: Bedrock takes ${CLIP_BYTES_MAX}`)
  }
  return { format, source: { bytes: toBase64(file) } }
}

/** By the bytes, else as labelled: raw PCM and the start of some streams have no signature. */
function clipFormatOf(file: MediaFile, label: string | null): string | null {
  const sniffed = sniffFormat(file.bytes)
  if (sniffed !== null) return sniffed.kind === 'audio' || sniffed.kind === 'video' ? sniffed.format : null
  const extension = /\.([a-z0-9]{2,5})$/i.exec(file.fileName ?? '')?.[1]
  return normalize(label) ?? normalize(file.mediaType) ?? normalize(extension ?? null)
}

/** `audio/x-wav`, `WAV` → `wav`. Null for what says nothing. */
function normalize(label: string | null): string | null {
  const word = label?.toLowerCase().replace(/^(audio|video)\//, '') ?? ''
  const plain = word === 'x-aac' ? word : word.replace(/^(x-|vnd\.)/, '')
  if (!/^[a-z0-9_-]{1,16}$/.test(plain) || plain === 'octet-stream') return null
  return Object.hasOwn(ALIASES, plain) ? (ALIASES[plain] ?? null) : plain
}
