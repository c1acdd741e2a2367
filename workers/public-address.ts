import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** IPv4 that is not the public internet (IANA's special-purpose registry), by network and prefix. */
const NOT_PUBLIC: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // carrier-grade NAT; Alibaba's metadata, too
  ['127.0.0.0', 8], // loopback
  ['168.63.129.16', 32], // Azure's platform host
  ['169.254.0.0', 16], // link-local: the metadata of AWS, Google, Azure
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments; Oracle's metadata
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarking
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
]

/** Parts of the global IPv6 range that are not the public internet. */
const NOT_PUBLIC_IPV6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23], // protocol assignments, Teredo, ORCHID
  ['2001:db8::', 32], // documentation
  ['3fff::', 20], // documentation
]

/** IPv6 networks that carry an IPv4 address: its first byte stands at `at`. */
const CARRIERS: readonly { readonly network: string; readonly prefix: number; readonly at: number }[] = [
  { network: '::ffff:0:0', prefix: 96, at: 12 }, // mapped
  { network: '64:ff9b::', prefix: 96, at: 12 }, // NAT64
  { network: '2002::', prefix: 16, at: 2 }, // 6to4
]

const blocked = new BlockList()
for (const [network, prefix] of NOT_PUBLIC) blocked.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of NOT_PUBLIC_IPV6) blocked.addSubnet(network, prefix, 'ipv6')

/** 2000::/3: everything else in IPv6 is local, multicast, unspecified, reserved or carries IPv4. */
const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

const carriers = CARRIERS.map(({ network, prefix, at }) => {
  const list = new BlockList()
  list.addSubnet(network, prefix, 'ipv6')
  return { list, at }
})

/**
 * True for an address of the public internet. False for loopback, private, link-local (cloud metadata), shared, multicast, reserved and
 * documentation addresses, for IPv6 that carries such an IPv4 address, and for anything that is no address.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !blocked.check(address, 'ipv4')
  // A zone names an interface of this machine.
  if (!isIPv6(address) || address.includes('%')) return false
  const carrier = carriers.find(({ list }) => list.check(address, 'ipv6'))
  if (carrier !== undefined) return isPublicAddress(carriedAddress(address, carrier.at))
  return globalUnicast.check(address, 'ipv6') && !blocked.check(address, 'ipv6')
}

function carriedAddress(address: string, at: number): string {
  return toBytes(address)
    .slice(at, at + 4)
    .join('.')
}

/** The 16 bytes of an IPv6 address. */
function toBytes(address: string): number[] {
  // As a host of an address it comes out in hex, IPv4 notation included.
  const host = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail = ''] = host.split('::')
  const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const left = groupsOf(head)
  const right = groupsOf(tail)
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].flatMap((group) => {
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}
