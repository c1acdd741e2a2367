import type { ModelTarget } from '../catalog/types.js'

/** What a model takes of images in one request. */
export interface ImageLimits {
  /** Of the file, before base64. */
  readonly bytesMax: number
  readonly sidePixelsMax: number
  /** Null: only Bedrock knows. */
  readonly countMax: number | null
}

const mebibyte = 1_048_576

/** Claude counts 5,242,880 bytes of base64, which is this many before; Converse documents the same, as 3.75 MB (facts C6). */
const IMAGE_BYTES_MAX = 3_932_160
/** Converse and Anthropic document 8000 (facts C6). */
const SIDE_PIXELS_MAX = 8000
/** Over 20 images Claude takes 2000 pixels a side: "image exceed max allowed size for many-image requests" (facts C6). */
const MANY_IMAGES = 20
const SIDE_PIXELS_OF_MANY_MAX = 2000

/**
 * Models that are known to refuse more images, by the start of their ids: Claude 3 in cline/cline#1844 ("too many images and
 * documents: 21 + 0 > 20"), the Llamas in aws-samples/generative-ai-use-cases#1040. AWS itself sets no limit ("API
 * restrictions" of its user guide).
 */
const IMAGES_MAX: readonly (readonly [prefix: string, countMax: number])[] = [
  ['anthropic.claude-3-', 20],
  ['meta.llama3-2-', 1],
  ['meta.llama4-', 8],
]

/** What one request with so many images may carry of each. */
export function imageLimitsOf({ foundationId, capabilities }: ModelTarget, images: number): ImageLimits {
  const many = capabilities.family === 'claude' && images > MANY_IMAGES
  return {
    bytesMax: IMAGE_BYTES_MAX,
    sidePixelsMax: many ? SIDE_PIXELS_OF_MANY_MAX : SIDE_PIXELS_MAX,
    countMax: IMAGES_MAX.find(([prefix]) => foundationId?.startsWith(prefix))?.[1] ?? null,
  }
}

/** Documents of one request (AWS user guide, "API restrictions"). */
export const DOCUMENTS_MAX = 5
const DOCUMENT_BYTES_MAX = 4.5 * mebibyte
/** Nova: PDF and DOCX together, from a computer (AWS, Nova user guide, document understanding). */
const LARGE_DOCUMENT_BYTES_MAX = 25 * mebibyte

/**
 * The largest document of a format. The 4.5 MB do not hold for PDF with Claude 4 and later, nor for PDF and DOCX with Nova (AWS
 * user guide, "API restrictions").
 */
export function documentBytesMax({ foundationId, capabilities }: ModelTarget, format: string): number {
  const large =
    (capabilities.family === 'nova' && (format === 'pdf' || format === 'docx')) ||
    (capabilities.family === 'claude' && format === 'pdf' && !isBeforeClaude4(foundationId ?? ''))
  return large ? LARGE_DOCUMENT_BYTES_MAX : DOCUMENT_BYTES_MAX
}

/** Claude 4 turned the names around: `claude-3-5-sonnet`, then `claude-sonnet-4`. */
function isBeforeClaude4(foundationId: string): boolean {
  return /^anthropic\.claude-(\d|v\d|instant)/.test(foundationId)
}

/** Video in the request itself (facts C6: 25 MB); the same is taken for audio, where AWS names no number. */
export const CLIP_BYTES_MAX = 25 * mebibyte

/** All images, documents and clips of a request, as base64. Claude's own API takes requests of 32 MB, no other model more. */
export const MEDIA_CHARACTERS_MAX = 32 * mebibyte
