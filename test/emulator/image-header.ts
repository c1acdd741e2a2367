/** What the first bytes of a file say it is; zero pixels where they do not say. */
export interface ImageHeader {
  readonly mimeType: string
  readonly width: number
  readonly height: number
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** Format and size of a PNG, JPEG, GIF or WebP; `text/plain` or `application/octet-stream` for anything else. */
export function readImageHeader(bytes: Buffer): ImageHeader {
  if (bytes.subarray(0, 8).equals(PNG_SIGNATURE)) return sized('image/png', bytes, readPng)
  if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])))
    return sized('image/jpeg', bytes, readJpeg)
  if (/^GIF8[79]a$/.test(bytes.toString('latin1', 0, 6))) return sized('image/gif', bytes, readGif)
  if (bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') {
    return sized('image/webp', bytes, readWebp)
  }
  const isText = !bytes.subarray(0, 512).some((byte) => byte < 9)
  return { mimeType: isText ? 'text/plain' : 'application/octet-stream', width: 0, height: 0 }
}

type Size = readonly [width: number, height: number]

// A file that ends within its header has no size that could be too large.
function sized(mimeType: string, bytes: Buffer, read: (bytes: Buffer) => Size): ImageHeader {
  try {
    const [width, height] = read(bytes)
    return { mimeType, width, height }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { mimeType, width: 0, height: 0 }
  }
}

function readPng(bytes: Buffer): Size {
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
}

function readGif(bytes: Buffer): Size {
  return [bytes.readUInt16LE(6), bytes.readUInt16LE(8)]
}

// The size stands in the first start-of-frame segment: C0 to CF without the three that are no frames.
function readJpeg(bytes: Buffer): Size {
  let offset = 2
  for (;;) {
    const marker = bytes.readUInt8(offset + 1)
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return [bytes.readUInt16BE(offset + 7), bytes.readUInt16BE(offset + 5)]
    }
    offset += 2 + bytes.readUInt16BE(offset + 2)
  }
}

// Three layouts: lossy (VP8), lossless (VP8L) and extended (VP8X); sizes are stored less one in the last two.
function readWebp(bytes: Buffer): Size {
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return [bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff]
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21)
      return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1]
    }
    default:
      return [bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1]
  }
}
