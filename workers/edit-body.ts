import { GatewayError } from '../src/errors.js'
import { type Fields, fieldError, isFields } from '../src/openai/fields.js'
import { parseBody } from '../src/parse-body.js'
import { parseMultipart } from './multipart.js'

/** A picture of an edit: its bytes, or a text that stands for them (a `data:` URI, base64, an address). */
export interface EditSource {
  /** The field, for errors: `image`, `image[1]`, `mask`, `images[0].image_url`. */
  readonly param: string
  readonly source: string | Uint8Array
}

/** The body of an edit, its pictures not yet read. */
export interface EditBody {
  readonly fields: Fields
  /** At least one. */
  readonly images: readonly EditSource[]
  readonly mask: EditSource | null
}

/** OpenAI's (CreateImageEditRequest, EditImageBodyJsonParam). */
const IMAGES_MAX = 16

/**
 * Reads the body of an edit: a form, or JSON, where pictures are texts or OpenAI's ImageRefParam. Throws a `GatewayError` that names
 * the field.
 */
export async function parseEditBody(parts: readonly Uint8Array[], contentType: string): Promise<EditBody> {
  const type = contentType.split(';')[0]?.trim().toLowerCase()
  if (type === 'multipart/form-data') return parseForm(parts, contentType)
  if (type === 'application/json' || type === '') return parseJsonEdit(parseBody(parts))
  throw new GatewayError(
    'unsupported_media_type',
    'The content-type must be multipart/form-data or application/json.',
  )
}

async function parseForm(parts: readonly Uint8Array[], contentType: string): Promise<EditBody> {
  const { fields, files } = await parseMultipart(parts, contentType)
  const [masks, images] = [true, false].map((isMask) =>
    files.filter(({ field }) => (field === 'mask') === isMask).map(({ bytes }) => bytes),
  ) as [Uint8Array[], Uint8Array[]]
  const [mask, second] = masks
  if (second !== undefined) throw fieldError('mask', 'one picture', masks)
  return {
    fields,
    images: requireImages(
      images.map((bytes, index) => toFileSource(bytes, index === 0 ? 'image' : `image[${index}]`)),
    ),
    mask: mask === undefined ? null : toFileSource(mask, 'mask'),
  }
}

function toFileSource(bytes: Uint8Array, param: string): EditSource {
  if (bytes.length > 0) return { param, source: toText(bytes) ?? bytes }
  throw new GatewayError('invalid_request', `${param} must be a picture, got an empty file`, { param })
}

/** Some clients write a `data:` URI or an address where the form has a file. */
function toText({ buffer, byteOffset, byteLength }: Uint8Array): string | null {
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  return /^(data:|https?:)/i.test(bytes.toString('latin1', 0, 8)) ? bytes.toString('latin1') : null
}

function parseJsonEdit(body: Fields): EditBody {
  const name = isSaid(body['images']) ? 'images' : 'image'
  const value = body[name]
  const images = Array.isArray(value)
    ? value.map((item: unknown, index) => toSource(item, `${name}[${index}]`))
    : isSaid(value)
      ? [toSource(value, name)]
      : []
  const mask = body['mask']
  return {
    fields: body,
    images: requireImages(images),
    mask: isSaid(mask) ? toSource(mask, 'mask') : null,
  }
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** A text, or OpenAI's ImageRefParam. */
function toSource(value: unknown, param: string): EditSource {
  if (typeof value === 'string' && value !== '') return { param, source: value }
  if (!isFields(value)) throw fieldError(param, 'a picture: {"image_url": …}, a data: URI or base64', value)
  if (isSaid(value['file_id'])) {
    const name = `${param}.file_id`
    const message = `${name} names a stored file, and none are stored here: send image_url with a data: URI`
    throw new GatewayError('invalid_request', message, { param: name })
  }
  const url = value['image_url']
  if (typeof url === 'string' && url !== '') return { param: `${param}.image_url`, source: url }
  throw fieldError(`${param}.image_url`, 'a data: URI, base64 or an https: address', url)
}

function requireImages(images: readonly EditSource[]): readonly EditSource[] {
  if (images.length === 0) throw fieldError('image', 'a picture to edit', undefined)
  if (images.length <= IMAGES_MAX) return images
  const message = `image must be at most ${IMAGES_MAX} pictures, got ${images.length}`
  throw new GatewayError('invalid_request', message, { param: 'image' })
}
