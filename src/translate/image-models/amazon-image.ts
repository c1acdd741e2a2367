import { GatewayError } from '../../errors.js'
import { fieldError } from '../../openai/fields.js'
import type { ImageRequest, ImageSize } from '../../openai/image-types.js'
import { createDropList } from '../drop-list.js'
import {
  AMAZON_TASK_RULES,
  type AmazonTask,
  type AmazonTaskRules,
  amazonMaskOf,
  amazonTaskOf,
  MASK_PROMPT_NAMES,
  takeColors,
} from './amazon-tasks.js'
import { toBody } from './body.js'
import { createExtras, type Extras, matchWord } from './extras.js'
import { negativePrompt, optionalPrompt, requirePrompt } from './prompt.js'
import { dropSize, dropTransparency, toQuality } from './shared-words.js'
import type { EditInputs, ImageAdapter, ImageCallInput, InputImageRules, MaskConvention } from './types.js'

/** Where Nova Canvas and Titan differ. */
export interface AmazonImageRules {
  readonly promptCharactersMax: number
  /** The size that it makes for a wanted one. */
  readonly nearestSize: (wanted: ImageSize) => ImageSize
  /** `style` of TEXT_IMAGE; empty: it has none. */
  readonly styles: readonly string[]
  readonly input: InputImageRules
}

const CONTROL_MODES = ['CANNY_EDGE', 'SEGMENTATION'] as const
const OUTPAINTING_MODES = ['DEFAULT', 'PRECISE'] as const

/** Nova Canvas and Titan speak one language (facts C11): a task, its parameters, and how the picture is made. */
export function createAmazonImageAdapter(rules: AmazonImageRules): ImageAdapter {
  return {
    generates: true,
    input: rules.input,
    maskOf,
    imagesPerCall: 5,
    outputFormats: ['png'],
    seedMax: 2_147_483_646,
    // 12 and 42 where none is said: the same prompt would always give the same picture.
    seedDefault: 'fixed',
    toBody: (input) => toAmazonBody(input, rules),
  }
}

function maskOf({ others }: ImageRequest): MaskConvention {
  return amazonMaskOf(createExtras(others, createDropList(true, '')))
}

function toAmazonBody(input: ImageCallInput, rules: AmazonImageRules): Readonly<Record<string, unknown>> {
  const { request, edit, dropped } = input
  const extras = createExtras(request.others, dropped)
  const images = edit?.images ?? []
  const task = amazonTaskOf(request, extras, { images: images.length, masked: (edit?.mask ?? null) !== null })
  const taskRules = AMAZON_TASK_RULES[task]
  requireFewEnough(task, { images: images.length, count: request.count })
  const parameters = toBody({
    [taskRules.imageMember]: sayImages(images, taskRules),
    ...maskMembers(edit, { taskRules, extras, rules }),
    ...textMembers(input, { taskRules, rules }),
    ...taskMembers(task, extras, images.length),
    style: toStyle(input, taskRules.styled ? rules.styles : []),
  })
  const config = task === 'BACKGROUND_REMOVAL' ? null : toConfig(input, { taskRules, extras, rules })
  if (task === 'BACKGROUND_REMOVAL') dropForBackgroundRemoval(input)
  else dropTransparency(input)
  extras.dropRest()
  return toBody({ taskType: task, [taskRules.parameters]: parameters, imageGenerationConfig: config })
}

interface TaskContext {
  readonly taskRules: AmazonTaskRules
  readonly extras: Extras
  readonly rules: AmazonImageRules
}

function requireFewEnough(
  task: AmazonTask,
  { images, count }: { readonly images: number; readonly count: number },
): void {
  const { imagesMax } = AMAZON_TASK_RULES[task]
  if (images > imagesMax) {
    const param = `image[${imagesMax}]`
    throw new GatewayError(
      'invalid_request',
      `${param} must be left out: the task ${task} takes at most ${imagesMax}, got ${images}`,
      { param },
    )
  }
  // It has no `numberOfImages`, and every one would be the same.
  if (task === 'BACKGROUND_REMOVAL' && count > 1) throw fieldError('n', `1 for the task ${task}`, count)
}

function sayImages(images: EditInputs['images'], { imageMember }: AmazonTaskRules): unknown {
  const texts = images.map(({ base64 }) => base64)
  return imageMember === 'images' ? texts : (texts[0] ?? null)
}

/** Exactly one of a mask and words for it, where the task needs one. */
function maskMembers(
  edit: EditInputs | null,
  { taskRules, extras, rules }: TaskContext,
): Record<string, unknown> {
  if (taskRules.mask === 'none') return {}
  const mask = edit?.mask ?? null
  const words = extras.text(MASK_PROMPT_NAMES, rules.promptCharactersMax)
  if (mask !== null && words !== null) {
    throw new GatewayError('invalid_request', 'mask_prompt must be left out where a mask is sent', {
      param: 'mask_prompt',
    })
  }
  if (mask === null && words === null) {
    throw new GatewayError(
      'invalid_request',
      'mask must be a picture, or mask_prompt the words for it, got neither',
      {
        param: 'mask',
      },
    )
  }
  return { maskImage: mask, maskPrompt: words }
}

function textMembers(
  input: ImageCallInput,
  { taskRules, rules }: Pick<TaskContext, 'taskRules' | 'rules'>,
): Record<string, unknown> {
  const { request, dropped } = input
  if (taskRules.prompt === 'none') {
    if (request.negativePrompt !== null) dropped.add('negative_prompt')
    return {}
  }
  const read = taskRules.prompt === 'required' ? requirePrompt : optionalPrompt
  return {
    text: read(request, rules.promptCharactersMax),
    negativeText: negativePrompt(request, rules.promptCharactersMax),
  }
}

/** What one task has and the others have not. */
function taskMembers(task: AmazonTask, extras: Extras, images: number): Record<string, unknown> {
  switch (task) {
    case 'TEXT_IMAGE':
      // They say how the input picture is followed: without one there is nothing to follow.
      if (images === 0) return {}
      return {
        controlMode: extras.word(['control_mode', 'controlMode'], CONTROL_MODES),
        controlStrength: extras.number(['control_strength', 'controlStrength'], { minimum: 0, maximum: 1 }),
      }
    case 'COLOR_GUIDED_GENERATION': {
      const colors = takeColors(extras)
      if (colors !== null) return { colors }
      throw fieldError('colors', 'a list of 1 to 10 colors such as #ff9900', undefined)
    }
    case 'IMAGE_VARIATION':
      return {
        similarityStrength: extras.number(['similarity_strength', 'similarityStrength'], {
          minimum: 0.2,
          maximum: 1,
        }),
      }
    case 'OUTPAINTING':
      return {
        outPaintingMode: extras.word(
          ['outpainting_mode', 'out_painting_mode', 'outPaintingMode'],
          OUTPAINTING_MODES,
        ),
      }
    case 'INPAINTING':
    case 'BACKGROUND_REMOVAL':
      return {}
    default:
      return task satisfies never
  }
}

function toStyle({ request, dropped }: ImageCallInput, styles: readonly string[]): string | null {
  if (request.style === null) return null
  const style = matchWord(request.style, styles)
  if (style === null) dropped.add('style')
  return style
}

function toConfig(input: ImageCallInput, { taskRules, extras, rules }: TaskContext): Record<string, unknown> {
  const { request, edit, count, seed } = input
  // An edit without a size is as large as its picture; without this it would be a square of 1024.
  const wanted = request.size ?? edit?.images[0] ?? null
  const size = taskRules.sized && wanted !== null ? rules.nearestSize(wanted) : null
  if (!taskRules.sized) dropSize(input)
  return toBody({
    numberOfImages: count,
    quality: toQuality(input),
    width: size?.width,
    height: size?.height,
    cfgScale: extras.number(['cfg_scale', 'cfgScale'], { minimum: 1.1, maximum: 10 }),
    seed,
  })
}

/** It has no `imageGenerationConfig`; a transparent background is what it makes. */
function dropForBackgroundRemoval(input: ImageCallInput): void {
  const { request, dropped } = input
  dropSize(input)
  if (request.quality !== null) dropped.add('quality')
  if (request.seed !== null) dropped.add('seed')
  if (request.background === 'opaque') dropped.add('background')
}
