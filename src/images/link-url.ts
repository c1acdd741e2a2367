import type { Exchange } from '../http/exchange.js'

/**
 * The address of a saved picture, for the client of `exchange`. `publicUrl` (without a trailing slash) is what an operator
 * says clients reach the gateway by; else it is as this request came.
 */
export function linkUrl(
  { baseUrl, prefix }: Pick<Exchange, 'baseUrl' | 'prefix'>,
  name: string,
  publicUrl: string | null,
): string {
  return `${publicUrl ?? baseUrl}${prefix}/images/files/${name}`
}
