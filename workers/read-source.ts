import { GatewayError } from '../src/errors.js'
import { decodeBase64, type EncodedBytes } from '../src/translate/media/base64.js'
import { isDataUri, parseDataUri } from '../src/translate/media/data-uri.js'
import type { UrlFetcher } from './fetch-url.js'

/** A file of a request, wherever it came from. */
export interface MediaFile extends EncodedBytes {
  /** As a label or a server says it, lower case; often wrong. */
  readonly mediaType: string | null
  readonly fileName: string | null
}

/** True for what has to be fetched. Base64 has no colon. */
export function isAddress(source: string): boolean {
  return /^\s*https?:/i.test(source)
}

/** The bytes that a `data:` URI, bare base64 or an address stands for; never none. Throws a `GatewayError` that names `param`. */
export async function readSource(source: string, param: string, fetcher: UrlFetcher): Promise<MediaFile> {
  const file = isAddress(source)
    ? { ...(await fetcher.fetch(source.trim(), param)), base64: null }
    : readInline(source, param)
  if (file.bytes.length > 0) return file
  throw mediaError(param, 'holds no bytes: send the whole file')
}

/** What the request itself carries. */
export function readInline(source: string, param: string): MediaFile {
  if (isDataUri(source)) {
    const uri = parseDataUri(source)
    if (uri === null) throw mediaError(param, 'is a data: URI whose content is not valid base64')
    return { ...uri.content, mediaType: uri.mediaType, fileName: null }
  }
  const content = decodeBase64(source)
  if (content === null) throw mediaError(param, 'must be a data: URI, base64 or an https: address')
  return { ...content, mediaType: null, fileName: null }
}

/** What is wrong with a file. */
export function mediaError(param: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', `${param} ${problem}`, { param })
}
