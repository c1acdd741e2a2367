/** A reply that is not HTTP/1.1 as RFC 9112 has it: nothing more on its connection can be trusted. */
export class MalformedResponseError extends Error {
  override readonly name = 'MalformedResponseError'
  readonly code = 'MALFORMED_RESPONSE'
}

/** How the end of a body is known (RFC 9112, section 6.3). */
export type BodyFraming =
  | { readonly type: 'length'; readonly bytes: number }
  | { readonly type: 'chunked' }
  | { readonly type: 'until-close' }

export interface ResponseHead {
  readonly status: number
  /** By name in lower case; the values of a repeated name are joined by `, ` (RFC 9110, section 5.3). */
  readonly headers: ReadonlyMap<string, string>
  readonly framing: BodyFraming
  /** The connection may carry another request, as far as the headers say. */
  readonly keepsAlive: boolean
  /** From `keep-alive: timeout=N`; null: not said. */
  readonly keepAliveSeconds: number | null
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t -~\x80-\xff]*)?$/
const HEADER_LINE = /^([!#$%&'*+.^_`|~\w-]+):[\t ]*([\t -~\x80-\xff]*)$/
/** More digits than any body has, few enough to be exact as a number. */
const CONTENT_LENGTH = /^\d{1,15}$/

/**
 * Parses a status line and header lines, without the empty line at their end. Throws a `MalformedResponseError`, also for
 * folded lines and for a body whose length is said in two ways: that is how requests are smuggled (RFC 9112, section 11.2).
 */
export function parseResponseHead(text: string): ResponseHead {
  const lines = text.split('\r\n')
  const statusLine = STATUS_LINE.exec(lines[0] as string)
  if (statusLine === null) throw new MalformedResponseError('Expected the status line of an HTTP/1.1 reply')
  const status = Number(statusLine[2])
  const headers = parseHeaderLines(lines)
  const framing = toFraming(status, headers)
  const connection = headers.get('connection')
  const closes = connection !== undefined && /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i.test(connection)
  const timeout = headers.get('keep-alive')
  return {
    status,
    headers,
    framing,
    keepsAlive: statusLine[1] === '1' && !closes && framing.type !== 'until-close',
    keepAliveSeconds: timeout === undefined ? null : parseTimeout(timeout),
  }
}

function parseHeaderLines(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (let index = 1; index < lines.length; index += 1) {
    const line = HEADER_LINE.exec(lines[index] as string)
    if (line === null) throw new MalformedResponseError(`Expected a header in line ${index + 1} of a reply`)
    const name = (line[1] as string).toLowerCase()
    const value = (line[2] as string).trimEnd()
    const earlier = headers.get(name)
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`)
  }
  return headers
}

function toFraming(status: number, headers: ReadonlyMap<string, string>): BodyFraming {
  const length = headers.get('content-length')
  const encoding = headers.get('transfer-encoding')
  if (length !== undefined && encoding !== undefined) {
    throw new MalformedResponseError('A reply has both a content-length and a transfer-encoding')
  }
  if (length !== undefined && !CONTENT_LENGTH.test(length)) {
    throw new MalformedResponseError('The content-length of a reply is not one number')
  }
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') {
    throw new MalformedResponseError('A reply has a transfer-encoding that was not asked for')
  }
  if (status < 200 || status === 204 || status === 304) return { type: 'length', bytes: 0 }
  if (encoding !== undefined) return { type: 'chunked' }
  return length === undefined ? { type: 'until-close' } : { type: 'length', bytes: Number(length) }
}

function parseTimeout(keepAlive: string): number | null {
  const seconds = /(?:^|[,\s])timeout=(\d{1,9})(?=$|[,;\s])/i.exec(keepAlive)?.[1]
  return seconds === undefined ? null : Number(seconds)
}
