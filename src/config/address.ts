import { isIPv4, isIPv6 } from 'node:net'
import type { Address } from './types.js'

const hostName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i

/**
 * `host:port`, `[IPv6]:port`, or `:port` for every IPv4 interface; undefined for anything else.
 * A bare port is not taken: some tools mean loopback by it and some mean every interface.
 */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<plain>[^:[\]]*)):(?<port>\d{1,5})$/.exec(text)
  const port = Number(match?.groups?.['port'])
  if (match === null || port > 65535) return undefined
  const v6 = match.groups?.['v6']
  if (v6 !== undefined) return isIPv6(v6) ? { host: v6, port } : undefined
  const plain = match.groups?.['plain'] ?? ''
  if (plain === '') return { host: '0.0.0.0', port }
  return isIPv4(plain) || isHostName(plain) ? { host: plain, port } : undefined
}

/** A name that ends in a number is a mistyped IPv4 address (RFC 3696, section 2). */
function isHostName(text: string): boolean {
  return text.length <= 253 && hostName.test(text) && !/(^|\.)\d+$/.test(text)
}

/** `127.0.0.1:4000` or `[::1]:4000`. */
export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** True for 127.0.0.0/8, ::1 and `localhost`; any other host name counts as reachable from outside. */
export function isLoopback(address: Address): boolean {
  return (
    address.host.toLowerCase() === 'localhost' ||
    (isIPv4(address.host) && address.host.startsWith('127.')) ||
    canonicalHost(address.host) === '::1'
  )
}

/** True when both cannot be bound at once: the same host or a wildcard, on the same fixed port. */
export function overlaps(left: Address, right: Address): boolean {
  if (left.port === 0 || left.port !== right.port) return false
  const hosts = [canonicalHost(left.host), canonicalHost(right.host)]
  return hosts[0] === hosts[1] || hosts.includes('0.0.0.0') || hosts.includes('::')
}

function canonicalHost(host: string): string {
  if (host.toLowerCase() === 'localhost') return '127.0.0.1'
  if (!isIPv6(host) || host.includes('%')) return host.toLowerCase()
  return new URL(`http://[${host}]`).hostname.slice(1, -1)
}
