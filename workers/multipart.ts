import { Readable } from 'node:stream'
import { Busboy } from '@fastify/busboy'
import { untilAborted } from '../src/aws/until-aborted.js'
import { GatewayError } from '../src/errors.js'

/** A picture of a form. */
export interface FormFile {
  /** As the form names it: `image`, `image[]`, `image[0]`, `mask`. */
  readonly field: string
  readonly bytes: Uint8Array
}

/** A parsed form, in the order of the form. */
export interface Form {
  /** Of a name that is given twice the last value. */
  readonly fields: Readonly<Record<string, string>>
  readonly files: readonly FormFile[]
}

/** OpenAI's 16 pictures (CreateImageEditRequest) and a mask. */
const FILES_MAX = 17
/** OpenAI's form has 15 fields; models have a few of their own. */
const FIELDS_MAX = 64
/** A prompt has at most 32,000 characters there. */
const FIELD_BYTES_MAX = 262_144
const HEADER_BYTES_MAX = 16_384
const HEADER_LINES_MAX = 32
/** RFC 2046 allows 70. */
const BOUNDARY_CHARACTERS_MAX = 200
/** The bytes are all here: only a fault of the parser takes so long. */
const PARSE_MS = 30_000

type Parser = InstanceType<typeof Busboy>

const PICTURE_FIELD = /^(image(\[\d{0,4}\])?|mask)$/

/**
 * Reads a `multipart/form-data` body that is here as a whole, in whatever parts it came. Nothing is written to disk. Throws a
 * `GatewayError` that names the field: for what is cut off, too much, or a file where none belongs. Every body ends it.
 */
export async function parseMultipart(parts: readonly Uint8Array[], contentType: string): Promise<Form> {
  const parser = createParser(contentType, parts)
  try {
    return await untilAborted(readForm(parser, parts), AbortSignal.timeout(PARSE_MS), endless)
  } finally {
    parser.destroy()
  }
}

async function readForm(parser: Parser, parts: readonly Uint8Array[]): Promise<Form> {
  const fields = new Map<string, string>()
  const files: Promise<FormFile>[] = []
  await new Promise<void>((resolve, reject) => {
    parser.on('field', (name: unknown, value, _nameIsCut, valueIsCut) => {
      if (typeof name !== 'string' || name === '') return reject(nameless())
      if (valueIsCut) return reject(fieldTooLong(name))
      fields.set(name, value)
    })
    parser.on('file', (name: unknown, stream: Readable) => {
      // Read whatever it is: the parser waits for every file that it has begun.
      const file = readFile(stream).then((bytes) => ({ field: String(name), bytes }))
      file.catch(() => {})
      files.push(file)
      if (typeof name !== 'string' || !PICTURE_FIELD.test(name)) reject(misplacedFile(name))
    })
    parser.on('partsLimit', () => reject(tooMany('parts', FIELDS_MAX + FILES_MAX)))
    parser.on('fieldsLimit', () => reject(tooMany('fields', FIELDS_MAX)))
    parser.on('filesLimit', () => reject(tooManyPictures()))
    // Its own error is that the body ends too early.
    parser.on('error', () => reject(endless()))
    parser.on('finish', resolve)
    // One part after the other: the parser says when it has room.
    Readable.from(parts.map(toBuffer), { objectMode: true }).pipe(parser)
  })
  // `fromEntries` defines its members: a field that is called `__proto__` is one like others.
  return { fields: Object.fromEntries(fields), files: await Promise.all(files) }
}

function createParser(contentType: string, parts: readonly Uint8Array[]): Parser {
  // Looked at here, since the parser takes an empty or an endless one.
  const boundary = /;\s*boundary\s*=\s*("[^"]*"|[^;\s]*)/i.exec(contentType)?.[1]?.replace(/^"|"$/g, '') ?? ''
  if (boundary === '' || boundary.length > BOUNDARY_CHARACTERS_MAX) {
    throw new GatewayError(
      'invalid_request',
      `The content-type must name a boundary of 1 to ${BOUNDARY_CHARACTERS_MAX} characters, got ${boundary.length}.`,
    )
  }
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      // A picture stays bytes, whatever it is labelled and whether or not it has a file name.
      isPartAFile: (name, _type, fileName) => fileName !== undefined || PICTURE_FIELD.test(name ?? ''),
      limits: {
        files: FILES_MAX,
        fields: FIELDS_MAX,
        parts: FIELDS_MAX + FILES_MAX,
        fieldSize: FIELD_BYTES_MAX,
        fileSize: parts.reduce((total, part) => total + part.length, 0),
        headerSize: HEADER_BYTES_MAX,
        headerPairs: HEADER_LINES_MAX,
      },
    })
  } catch {
    throw new GatewayError('invalid_request', 'The content-type must be multipart/form-data with a boundary.')
  }
}

async function readFile(stream: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The same memory: from another thread a part comes as a plain array. */
function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

function endless(): GatewayError {
  return new GatewayError(
    'invalid_request',
    'The request body is a multipart without end: it must end with the closing boundary. Send the whole body.',
  )
}

function nameless(): GatewayError {
  return new GatewayError('invalid_request', 'Every part of the form must have a name.')
}

function tooMany(what: string, most: number): GatewayError {
  return new GatewayError('invalid_request', `The form must have at most ${most} ${what}, got more.`)
}

function tooManyPictures(): GatewayError {
  const message = `image must be at most ${FILES_MAX - 1} pictures, beside a mask, got more`
  return new GatewayError('invalid_request', message, { param: 'image' })
}

function fieldTooLong(name: string): GatewayError {
  const param = nameable(name)
  return new GatewayError(
    'invalid_request',
    `${param ?? 'A field of the form'} must be at most ${FIELD_BYTES_MAX} bytes, got more`,
    { param },
  )
}

function misplacedFile(name: unknown): GatewayError {
  const param = nameable(name)
  return new GatewayError(
    'invalid_request',
    `Files are taken as image, image[] and mask, got one ${param === null ? 'under another name' : `as ${param}`}`,
    { param },
  )
}

/** A name that a client chose goes back to it, and into logs, only where it is a plain word. */
function nameable(name: unknown): string | null {
  return typeof name === 'string' && /^[\w[\]]{1,64}$/.test(name) ? name : null
}
