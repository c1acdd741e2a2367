import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sniffFormat } from '../../src/bedrock/sniff-format.js'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
const ftyp = (brand: string): string => `\0\0\0\x20ftyp${brand}\0\0\0\0`

/** Starts of files, as their formats define them. */
const STARTS: readonly (readonly [start: string, kind: string | null, format: string | null])[] = [
  ['\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'image', 'png'],
  ['\xff\xd8\xff\xe0\0\x10JFIF', 'image', 'jpeg'],
  ['\xff\xd8\xff\xe1\0\x10Exif', 'image', 'jpeg'],
  ['GIF89a\x01\0', 'image', 'gif'],
  ['GIF87a\x01\0', 'image', 'gif'],
  ['RIFF\x10\0\0\0WEBPVP8 ', 'image', 'webp'],
  ['RIFF\x10\0\0\0WAVEfmt ', 'audio', 'wav'],
  ['RIFF\x10\0\0\0AVI LIST', null, null],
  ['II*\0\x08\0\0\0', 'image', 'tiff'],
  ['MM\0*\0\0\0\x08', 'image', 'tiff'],
  ['BM\x46\0\0\0\0\0\0\0\x36\0\0\0', 'image', 'bmp'],
  ['BMW is a car maker', null, null],
  [ftyp('avif'), 'image', 'avif'],
  [ftyp('heic'), 'image', 'heic'],
  [ftyp('mif1'), 'image', 'heic'],
  [`${ftyp('mif1')}mif1avifmiaf`, 'image', 'avif'],
  [ftyp('isom'), 'video', 'mp4'],
  [ftyp('mp42'), 'video', 'mp4'],
  [ftyp('qt  '), 'video', 'mov'],
  [ftyp('3gp5'), 'video', 'three_gp'],
  [ftyp('M4A '), 'audio', 'm4a'],
  ['\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm', 'video', 'webm'],
  ['\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska', 'video', 'mkv'],
  ['FLV\x01\x05\0\0\0\x09', 'video', 'flv'],
  ['\0\0\x01\xba\x44', 'video', 'mpeg'],
  ['\0\0\x01\xb3\x14', 'video', 'mpeg'],
  ['\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9', 'video', 'wmv'],
  ['ID3\x03\0\0\0\0\0\0', 'audio', 'mp3'],
  ['ID3 is a tag', null, null],
  ['\xff\xfb\x90\x64', 'audio', 'mp3'],
  ['\xff\xf1\x50\x80', 'audio', 'aac'],
  ['fLaC\0\0\0\x22', 'audio', 'flac'],
  [`OggS\0\x02${'\0'.repeat(22)}OpusHead`, 'audio', 'opus'],
  [`OggS\0\x02${'\0'.repeat(22)}\x01vorbis`, 'audio', 'ogg'],
  ['%PDF-1.7\n', 'document', 'pdf'],
  ['\xef\xbb\xbf junk before it \n%PDF-1.4\n', 'document', 'pdf'],
  ['PK\x03\x04\x14\0', 'container', 'zip'],
  ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'container', 'ole'],
  ['<svg xmlns="http://www.w3.org/2000/svg">', 'image', 'svg'],
  ['\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n<!DOCTYPE svg>\n<SVG>', 'image', 'svg'],
  ['<!doctype html><html><body><svg>', null, null],
  ['Say <svg> to me', null, null],
  ['a,b\n1,2\n', null, null],
  ['', null, null],
  ['\x89PN', null, null],
  ['\xff', null, null],
]

for (const [start, kind, format] of STARTS) {
  test(`${JSON.stringify(start.slice(0, 24))} is ${format ?? 'nothing known'}`, () => {
    const sniffed = sniffFormat(bytes(start))
    assert.equal(sniffed?.kind ?? null, kind)
    assert.equal(sniffed?.format ?? null, format)
  })
}

test('a long file of markup is told in no time', () => {
  const hostile = bytes(`<${'<!-- -->'.repeat(200_000)}`)
  const startMs = performance.now()
  assert.equal(sniffFormat(hostile), null)
  assert.ok(performance.now() - startMs < 1_000)
})
