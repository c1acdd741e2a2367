/** What says where a client reaches the gateway: three of its headers as they came, and the listener's own address. */
export interface AddressedBy {
  readonly host: string
  readonly forwardedHost: string
  readonly forwardedProto: string
  /** `host:port` */
  readonly listener: string
}

/** A name, an IPv4 or a bracketed IPv6 address, with or without a port; no list, no path, no user. */
const PLAIN_HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/
/** Every interface: nobody reaches it by that name. */
const WILDCARD = /^(?:0\.0\.0\.0|\[::\])(?=:)/

/**
 * `http://host:port` without a trailing slash. The headers are the client's or a proxy's own text: one that is not plain
 * counts as absent.
 */
export function toBaseUrl({ host, forwardedHost, forwardedProto, listener }: AddressedBy): string {
  const scheme = /^https?$/i.test(forwardedProto) ? forwardedProto.toLowerCase() : 'http'
  const plain = [forwardedHost, host].find((text) => PLAIN_HOST.test(text))
  return `${scheme}://${plain ?? listener.replace(WILDCARD, 'localhost')}`
}
