import type { ImageFilter } from '../behaviour.js'
import type { InvokeAnswer, InvokeInput } from '../invoke.js'
import { missing } from '../invoke-schema.js'
import { type BedrockError, validationError } from '../wire-error.js'
import { drawMask, drawPicture, type RgbPixels } from './draw-picture.js'
import { middleArea } from './edited-area.js'
import { filterFor } from './image-filter.js'
import { type InputPicture, toRgbPixels } from './input-picture.js'
import { openInput, openMask } from './nova-pictures.js'
import { bodySchema, type NovaTraits, PARAMETERS, type TaskType, taskTypes } from './nova-schema.js'
import { checkOutputSize } from './nova-sizes.js'
import { refused } from './refused.js'
import { hashOfRequest } from './request-hash.js'
import { checkSchema, malformed, object, oneOf } from './schema.js'

type Json = Readonly<Record<string, unknown>>

/** Answers a request to Nova Canvas or Titan Image Generator, or throws a refusal. */
export async function answerNova(
  { body, behaviour }: InvokeInput,
  traits: NovaTraits,
): Promise<InvokeAnswer> {
  const taskType = taskTypeOf(body, traits)
  checkSchema(bodySchema(taskType, traits), body)
  const parameters = body[PARAMETERS[taskType]] as Json
  const config = (body['imageGenerationConfig'] ?? {}) as NovaConfig
  const prompt = (parameters['text'] as string | undefined) ?? ''
  const canvas = await CANVASES[taskType]({ parameters, config, traits })
  const filter = filterFor(behaviour.filtered, prompt)
  if (filter !== null) refuseFiltered(filter)
  const count = config.numberOfImages ?? 1
  const places = Array.from({ length: count }, (_, index) => index)
  const kept = places.filter((index) => !isFiltered(filter, index))
  const images = await Promise.all(
    kept.map(async (index) => {
      const hash = hashOfRequest({ taskType, prompt, seed: config.seed ?? traits.seedDefault, index })
      return await drawPicture({ ...canvas, hash, format: 'png', noise: behaviour.noise })
    }),
  )
  const answer = {
    images: images.map((image) => image.toString('base64')),
    ...(await maskOf(taskType, parameters, canvas)),
    ...errorOf(count, kept.length),
  }
  return { body: answer, inputTokens: null }
}

interface NovaConfig {
  readonly numberOfImages?: number
  readonly width?: number
  readonly height?: number
  readonly seed?: number
}

interface Canvas {
  readonly width: number
  readonly height: number
  readonly below: RgbPixels | null
  readonly edited: Uint8Array | null
  readonly removesBackground: boolean
}

interface Task {
  readonly parameters: Json
  readonly config: NovaConfig
  readonly traits: NovaTraits
}

const CANVASES: Readonly<Record<TaskType, (task: Task) => Promise<Canvas>>> = {
  TEXT_IMAGE: textCanvas,
  COLOR_GUIDED_GENERATION: (task) => newCanvas(task, [task.parameters['referenceImage']]),
  IMAGE_VARIATION: (task) => newCanvas(task, task.parameters['images'] as readonly unknown[]),
  INPAINTING: (task) => maskedCanvas(task, { edits: 'black' }),
  OUTPAINTING: (task) => maskedCanvas(task, { edits: 'white' }),
  BACKGROUND_REMOVAL: async ({ parameters, traits }) => {
    const image = await openInput(String(parameters['image']), traits)
    return { ...(await editCanvas(image, null)), removesBackground: true }
  },
  VIRTUAL_TRY_ON: tryOnCanvas,
}

function taskTypeOf(body: Json, traits: NovaTraits): TaskType {
  const known = taskTypes(traits)
  const taskType = known.find((candidate) => candidate === body['taskType'])
  if (taskType !== undefined) return taskType
  checkSchema(object({ taskType: oneOf(...known) }, ['taskType']), { ...pick(body, 'taskType') })
  throw malformed(missing('taskType'))
}

function pick(body: Json, name: string): Json {
  return Object.hasOwn(body, name) ? { [name]: body[name] } : {}
}

async function textCanvas(task: Task): Promise<Canvas> {
  const { conditionImage, controlMode, controlStrength } = task.parameters
  // AWS Bedrock user guide, "Amazon Titan Image Generator G1 models", note on conditioned generation.
  if (conditionImage === undefined && (controlMode !== undefined || controlStrength !== undefined)) {
    throw refused(
      'If controlMode or controlStrength are provided, then conditionImage must also be provided.',
    )
  }
  return await newCanvas(task, [conditionImage])
}

async function newCanvas({ config, traits }: Task, inputs: readonly unknown[]): Promise<Canvas> {
  for (const input of inputs) if (input !== undefined) await openInput(String(input), traits)
  // Default of Nova. The Titan page names 1408 for both sides, which is none of its own sizes.
  const { width = 1024, height = 1024 } = config
  checkOutputSize({ width, height }, traits)
  return { width, height, below: null, edited: null, removesBackground: false }
}

async function maskedCanvas(
  { parameters, config, traits }: Task,
  { edits }: { edits: 'black' | 'white' },
): Promise<Canvas> {
  const { maskPrompt, maskImage } = parameters
  // Both pages: one of the two, but not both.
  if ((maskPrompt === undefined) === (maskImage === undefined)) {
    throw refused('You must provide either maskPrompt or maskImage, but not both.')
  }
  const { width, height } = config
  if (width !== undefined && height !== undefined) checkOutputSize({ width, height }, traits)
  const image = await openInput(String(parameters['image']), traits)
  const edited =
    maskImage === undefined
      ? middleArea(image, { inside: edits === 'black' })
      : await openMask(String(maskImage), { image, edits, traits })
  return await editCanvas(image, edited)
}

const TRY_ON_MASKS = {
  IMAGE: 'imageBasedMask',
  GARMENT: 'garmentBasedMask',
  PROMPT: 'promptBasedMask',
} as const

// Facts C11: the member that belongs to the mask type says the mask.
async function tryOnCanvas({ parameters, traits }: Task): Promise<Canvas> {
  const member = TRY_ON_MASKS[parameters['maskType'] as keyof typeof TRY_ON_MASKS]
  const mask = parameters[member] as Json | undefined
  if (mask === undefined)
    throw refused(`${member} must be provided for maskType ${String(parameters['maskType'])}.`)
  const image = await openInput(String(parameters['sourceImage']), traits)
  await openInput(String(parameters['referenceImage']), traits)
  const { maskImage } = mask
  const edited =
    maskImage === undefined
      ? middleArea(image, { inside: true })
      : await openMask(String(maskImage), { image, edits: 'black', traits })
  return await editCanvas(image, edited)
}

async function editCanvas(image: InputPicture, edited: Uint8Array | null): Promise<Canvas> {
  const { width, height } = image
  return { width, height, below: await toRgbPixels(image), edited, removesBackground: false }
}

// The mask that was used, in the polarity of the task.
async function maskOf(
  taskType: TaskType,
  parameters: Json,
  canvas: Canvas,
): Promise<{ readonly maskImage?: string }> {
  if (parameters['returnMask'] !== true || canvas.edited === null) return {}
  const white = taskType === 'OUTPAINTING' ? canvas.edited : canvas.edited.map((value) => 1 - value)
  return { maskImage: (await drawMask(white, canvas)).toString('base64') }
}

// AWS Nova user guide, "Error handling": what is asked is refused, what is made is left out.
function refuseFiltered({ how }: ImageFilter): void {
  if (how === 'prompt') throw blocked('text prompt')
  if (how === 'input') throw blocked('input image')
}

function blocked(what: string): BedrockError {
  return validationError(
    `This request has been blocked by our content filters. Please adjust your ${what} to submit a new request.`,
  )
}

function isFiltered(filter: ImageFilter | null, index: number): boolean {
  return filter?.how === 'output' && (filter.images?.includes(index) ?? true)
}

function errorOf(asked: number, kept: number): { readonly error?: string } {
  if (kept === asked) return {}
  const share = kept === 0 ? 'All' : 'Some'
  return { error: `${share} of the generated images have been blocked by our content filters.` }
}
