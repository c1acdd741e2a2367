const PATH = /^\/[!-~]*$/
const NAME = /^[!#$%&'*+.^_`|~\w-]+$/
/** Visible characters, spaces and tabs: no line end begins a header of its own, and signer and server read the same bytes. */
const VALUE = /^[\t -~]*$/

/** The first line of a POST. Throws a `TypeError` for a path that would end it. */
export function toRequestLine(path: string): string {
  if (!PATH.test(path)) throw new TypeError('The path of a request has characters that are not visible ASCII')
  return `POST ${path} HTTP/1.1\r\n`
}

/** Headers as lines of a request. Throws a `TypeError` for what would not stay one header; it doesn't repeat the value. */
export function toHeaderLines(headers: readonly (readonly [name: string, value: string])[]): string {
  let lines = ''
  for (const [name, value] of headers) {
    if (!NAME.test(name)) throw new TypeError('The name of a request header is not a token')
    if (!VALUE.test(value)) {
      throw new TypeError(`The header ${name} has characters that are not visible ASCII`)
    }
    lines += `${name}: ${value}\r\n`
  }
  return lines
}
