import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPublicAddress } from '../../workers/public-address.js'

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '52.94.133.131',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2600:1f18::1',
  '2606:4700:4700::1111',
  '2a00:1450:4001::200e',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
  '2002:808:808::1',
]

const NOT_PUBLIC = [
  // this network, unspecified
  '0.0.0.0',
  '0.1.2.3',
  '::',
  // loopback
  '127.0.0.1',
  '127.255.255.254',
  '::1',
  // private
  '10.0.0.1',
  '10.255.255.255',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '192.168.255.255',
  'fc00::1',
  'fd12:3456:789a::1',
  // metadata of the clouds
  '169.254.169.254',
  '169.254.170.2',
  'fd00:ec2::254',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  // link-local, with a zone, too; site-local
  '169.254.0.1',
  'fe80::1',
  'fe80::1%eth0',
  'febf::1',
  'fec0::1',
  // shared
  '100.64.0.0',
  '100.127.255.255',
  // documentation, benchmarking, relays, reserved
  '192.0.2.1',
  '198.51.100.1',
  '203.0.113.1',
  '198.18.0.1',
  '198.19.255.255',
  '192.88.99.1',
  '240.0.0.1',
  '255.255.255.255',
  '2001:db8::1',
  '2001:2::1',
  '3fff::1',
  '100::1',
  '5f00::1',
  // multicast
  '224.0.0.1',
  '239.255.255.255',
  'ff02::1',
  // IPv4 inside IPv6: mapped, compatible, translated, 6to4, Teredo, local NAT64
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '::FFFF:10.0.0.1',
  '0:0:0:0:0:ffff:192.168.1.1',
  '::127.0.0.1',
  '::8.8.8.8',
  '::ffff:0:127.0.0.1',
  '64:ff9b::169.254.169.254',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  // no addresses
  '',
  'localhost',
  '2130706433',
  '0x7f.1',
  '1.1.1',
  '1.1.1.1.',
  '[::1]',
]

test('addresses of the public internet are public', () => {
  for (const address of PUBLIC) assert.equal(isPublicAddress(address), true, address)
})

test('no private, local or reserved address is public, in whatever form', () => {
  for (const address of NOT_PUBLIC) assert.equal(isPublicAddress(address), false, address)
})

test('an IPv4 address is as public inside IPv6 as it is alone', () => {
  const byte = fc.integer({ min: 0, max: 255 })
  fc.assert(
    fc.property(fc.tuple(byte, byte, byte, byte), ([a, b, c, d]) => {
      const alone = isPublicAddress(`${a}.${b}.${c}.${d}`)
      const hex = (high: number, low: number): string => ((high << 8) | low).toString(16)
      for (const form of [
        `::ffff:${a}.${b}.${c}.${d}`,
        `::ffff:${hex(a, b)}:${hex(c, d)}`,
        `64:ff9b::${hex(a, b)}:${hex(c, d)}`,
        `2002:${hex(a, b)}:${hex(c, d)}::1`,
      ]) {
        assert.equal(isPublicAddress(form), alone, form)
      }
    }),
    { numRuns: 300 },
  )
})
