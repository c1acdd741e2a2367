import { randomInt } from 'node:crypto'
import type { ImageFilter } from '../behaviour.js'
import type { InvokeAnswer, InvokeInput } from '../invoke.js'
import { extraneous, missing } from '../invoke-schema.js'
import { validationError } from '../wire-error.js'
import { drawPicture, type OutputFormat, plain, type RgbPixels } from './draw-picture.js'
import { areaAround, middleArea } from './edited-area.js'
import { GREY } from './grid.js'
import { filterFor } from './image-filter.js'
import { type InputPicture, toAlpha, toGrey, toRgbPixels } from './input-picture.js'
import { hashOfRequest } from './request-hash.js'
import { checkSchema, malformed } from './schema.js'
import { openStabilityPicture } from './stability-pictures.js'
import { ASPECT_SIZES, type StabilityModel, stabilityModel } from './stability-schema.js'

/** Answers a request to one of Stability's models or services, or throws a refusal. */
export async function answerStability({ modelId, body, behaviour }: InvokeInput): Promise<InvokeAnswer> {
  const model = stabilityModel(modelId)
  if (model === undefined) throw validationError('The provided request is not valid')
  checkSchema(model.schema, body)
  const request = body as StabilityRequest
  checkTogether(model, request)
  const canvas = await toCanvas(model, request)
  const { prompt = '', seed = 0, output_format: format = 'png' } = request
  const filter = filterFor(behaviour.filtered, prompt)
  if (filter !== null) return { body: { finish_reasons: [REASONS[filter.how]] }, inputTokens: null }
  const hash = hashOfRequest({ taskType: taskTypeOf(model, request), prompt, seed, index: 0 })
  const image = await drawPicture({ ...canvas, hash, format, noise: behaviour.noise })
  // Facts C11: 0 asks for a random seed.
  const seeds = [seed === 0 ? randomInt(1, 4_294_967_295) : seed]
  return {
    body: { seeds, finish_reasons: [null], images: [image.toString('base64')] },
    inputTokens: null,
  }
}

// All values that `finish_reasons` has (facts C11); with one of them nothing else is in the body.
const REASONS = {
  prompt: 'Filter reason: prompt',
  input: 'Filter reason: input image',
  output: 'Filter reason: output image',
  inference: 'Inference error',
} as const satisfies Record<ImageFilter['how'], string>

interface StabilityRequest {
  readonly prompt?: string
  readonly seed?: number
  readonly output_format?: OutputFormat
  readonly aspect_ratio?: string
  readonly mode?: string
  readonly strength?: number
  readonly mask?: string
  readonly left?: number
  readonly right?: number
  readonly up?: number
  readonly down?: number
  readonly image?: string
  readonly [picture: string]: unknown
}

interface Canvas {
  readonly width: number
  readonly height: number
  readonly below: RgbPixels | null
  readonly edited: Uint8Array | null
  readonly removesBackground: boolean
}

function taskTypeOf({ name, kind }: StabilityModel, { mode, image }: StabilityRequest): string {
  if (kind !== 'generate' || name === 'style-guide') return name
  // AWS's own example of image-to-image names no mode.
  return mode ?? (image === undefined ? 'text-to-image' : 'image-to-image')
}

/** What the AWS pages say about members that go together. */
function checkTogether(model: StabilityModel, request: StabilityRequest): void {
  const { mode, left = 0, right = 0, up = 0, down = 0 } = request
  if (mode === 'image-to-image') {
    // "image-to-image requires the prompt, image, and strength parameters."
    const absent = ['image', 'strength'].filter((name) => request[name] === undefined)
    if (absent.length > 0) throw malformed(...absent.map((name) => missing(name)))
    // "Valid for text-to-image requests only."
    if (request.aspect_ratio !== undefined) throw malformed(extraneous('aspect_ratio'))
  }
  // "At least one outpaint direction: (left, right, up, or down) must be supplied with a non-zero value."
  if (model.kind === 'outpaint' && left + right + up + down === 0) {
    const words =
      'at least one outpaint direction: (left, right, up, or down) must be supplied with a non-zero value'
    throw malformed({ pointer: '#', words })
  }
}

async function toCanvas(model: StabilityModel, request: StabilityRequest): Promise<Canvas> {
  const opened: InputPicture[] = []
  for (const member of model.pictures) {
    const base64 = request[member]
    if (base64 !== undefined) opened.push(await openStabilityPicture(String(base64), member, model.picture))
  }
  const [image] = opened
  // Style Guide takes only the style of its picture: the size comes from `aspect_ratio`.
  if (image === undefined || model.name === 'style-guide') return newCanvas(request)
  switch (model.kind) {
    case 'generate':
    case 'restyle':
      return { ...sizeOf(image), below: null, edited: null, removesBackground: false }
    case 'mask':
      return await editCanvas(image, await maskedArea(image, request.mask))
    case 'search':
      return await editCanvas(image, middleArea(image, { inside: true }))
    case 'remove-background':
      return { ...(await editCanvas(image, null)), removesBackground: true }
    case 'outpaint':
      return await outpaintCanvas(image, request)
    case 'upscale':
      return await upscaleCanvas(image, model)
    default:
      return model.kind satisfies never
  }
}

function sizeOf({ width, height }: InputPicture): { readonly width: number; readonly height: number } {
  return { width, height }
}

function newCanvas({ aspect_ratio = '1:1' }: StabilityRequest): Canvas {
  const [width, height] = ASPECT_SIZES[aspect_ratio] ?? [1024, 1024]
  return { width, height, below: null, edited: null, removesBackground: false }
}

async function editCanvas(image: InputPicture, edited: Uint8Array | null): Promise<Canvas> {
  return { ...sizeOf(image), below: await toRgbPixels(image), edited, removesBackground: false }
}

// Facts C11: white is edited; a mask of another size is scaled; without one, what is transparent is edited. Strengths between
// black and white, and `grow_mask`, are not drawn: the edited area begins at half.
async function maskedArea(image: InputPicture, mask: string | undefined): Promise<Uint8Array | null> {
  if (mask !== undefined) {
    const opened = await openStabilityPicture(mask, 'mask', null)
    return (await toGrey(opened, sizeOf(image))).map((level) => (level >= 128 ? 1 : 0))
  }
  const alpha = await toAlpha(image)
  return alpha === null ? null : alpha.map((level) => (level < 128 ? 1 : 0))
}

async function outpaintCanvas(
  image: InputPicture,
  { left = 0, right = 0, up = 0, down = 0 }: StabilityRequest,
): Promise<Canvas> {
  const width = image.width + left + right
  const height = image.height + up + down
  const { rgb } = await toRgbPixels(image)
  const grown = plain(width * height, GREY)
  for (let y = 0; y < image.height; y += 1) {
    rgb.copy(grown, ((y + up) * width + left) * 3, y * image.width * 3, (y + 1) * image.width * 3)
  }
  const edited = areaAround({ width, height }, { ...sizeOf(image), left, top: up })
  return { width, height, below: { width, height, rgb: grown }, edited, removesBackground: false }
}

/** "Upscales them to 4K resolution": four megapixels here. */
const UPSCALED_PIXELS = 2048 * 2048

// Fast Upscale: "increase image resolution by 4, up to 4 megapixels" from 1 (aws-samples/stabilityai-sample-notebooks): both sides twice.
async function upscaleCanvas(image: InputPicture, { name }: StabilityModel): Promise<Canvas> {
  const byArea = Math.sqrt(UPSCALED_PIXELS / (image.width * image.height))
  const factor = name === 'fast-upscale' ? 2 : Math.max(1, byArea)
  const size = { width: Math.round(image.width * factor), height: Math.round(image.height * factor) }
  return { ...size, below: await toRgbPixels(image, size), edited: null, removesBackground: false }
}
