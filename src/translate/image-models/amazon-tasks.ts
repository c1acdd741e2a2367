import { GatewayError } from '../../errors.js'
import type { ImageRequest } from '../../openai/image-types.js'
import type { Extras } from './extras.js'
import type { MaskConvention } from './types.js'

/** What Nova Canvas and Titan can be asked for. `VIRTUAL_TRY_ON` has no counterpart in OpenAI's API. */
export const AMAZON_TASKS = [
  'TEXT_IMAGE',
  'COLOR_GUIDED_GENERATION',
  'IMAGE_VARIATION',
  'INPAINTING',
  'OUTPAINTING',
  'BACKGROUND_REMOVAL',
] as const

export type AmazonTask = (typeof AMAZON_TASKS)[number]

/** How one task is said (AWS, "Amazon Nova Canvas: request and response structure"; facts C11). */
export interface AmazonTaskRules {
  /** The member that holds its parameters. */
  readonly parameters: string
  /** How many input pictures it takes, and where they go; a plural name takes a list. */
  readonly imagesMin: number
  readonly imagesMax: number
  readonly imageMember: 'conditionImage' | 'referenceImage' | 'images' | 'image'
  readonly prompt: 'required' | 'optional' | 'none'
  /** Paints inside of black (`black-edits`) or outside of it (`white-edits`); either a mask or words for it are needed. */
  readonly mask: MaskConvention
  /** Makes a picture of a wanted size; the others keep that of their input. */
  readonly sized: boolean
  readonly styled: boolean
}

const PLAIN = { imagesMin: 1, imagesMax: 1, imageMember: 'image', sized: false, styled: false } as const

export const AMAZON_TASK_RULES = {
  TEXT_IMAGE: {
    parameters: 'textToImageParams',
    imagesMin: 0,
    imagesMax: 1,
    imageMember: 'conditionImage',
    prompt: 'required',
    mask: 'none',
    sized: true,
    styled: true,
  },
  COLOR_GUIDED_GENERATION: {
    parameters: 'colorGuidedGenerationParams',
    imagesMin: 0,
    imagesMax: 1,
    imageMember: 'referenceImage',
    prompt: 'required',
    mask: 'none',
    sized: true,
    styled: false,
  },
  IMAGE_VARIATION: {
    parameters: 'imageVariationParams',
    imagesMin: 1,
    imagesMax: 5,
    imageMember: 'images',
    prompt: 'optional',
    mask: 'none',
    sized: true,
    styled: false,
  },
  // Without words what is inside of the mask is taken out.
  INPAINTING: { ...PLAIN, parameters: 'inPaintingParams', prompt: 'optional', mask: 'black-edits' },
  OUTPAINTING: { ...PLAIN, parameters: 'outPaintingParams', prompt: 'required', mask: 'white-edits' },
  // Clients of an edit always send a prompt: this task has no use for it.
  BACKGROUND_REMOVAL: { ...PLAIN, parameters: 'backgroundRemovalParams', prompt: 'none', mask: 'none' },
} as const satisfies Record<AmazonTask, AmazonTaskRules>

/** Names under which a client may say a task of its own choice. */
const TASK_NAMES = ['task', 'task_type', 'taskType'] as const
const COLOR_NAMES = ['colors', 'colours'] as const
/** Words for what a mask covers. */
export const MASK_PROMPT_NAMES = ['mask_prompt', 'maskPrompt'] as const

/** Whether one of these names is said in a request at all. */
function says({ others }: ImageRequest, names: readonly string[]): boolean {
  return names.some((name) => Object.hasOwn(others, name))
}

/**
 * The task of a request: the client's own word, else what its parts ask for. A mask or words for one mean inpainting; an
 * input picture without either is an instruction ("make it red"), and a variation with text is what comes closest to it.
 * Throws a `GatewayError` for a word that is none, and for a task that needs a picture where there is none.
 */
export function amazonTaskOf(
  request: ImageRequest,
  extras: Extras,
  inputs: { readonly images: number; readonly masked: boolean },
): AmazonTask {
  const named = namedTask(extras)
  if (named !== null) return requireImage(named, inputs.images)
  const inpaints = inputs.images > 0 && (inputs.masked || says(request, MASK_PROMPT_NAMES))
  if (inpaints) return 'INPAINTING'
  if (says(request, COLOR_NAMES)) return 'COLOR_GUIDED_GENERATION'
  return inputs.images === 0 ? 'TEXT_IMAGE' : 'IMAGE_VARIATION'
}

/** What a mask means to a request that has one: every task but those of another name paints inside of it. */
export function amazonMaskOf(extras: Extras): MaskConvention {
  return AMAZON_TASK_RULES[namedTask(extras) ?? 'INPAINTING'].mask
}

function namedTask(extras: Extras): AmazonTask | null {
  return extras.word(TASK_NAMES, AMAZON_TASKS)
}

function requireImage(task: AmazonTask, images: number): AmazonTask {
  if (images >= AMAZON_TASK_RULES[task].imagesMin) return task
  throw new GatewayError(
    'invalid_request',
    `image must be a picture for the task ${task}: send it to /v1/images/edits`,
    { param: 'image' },
  )
}

/** `colors` of a request as `#rrggbb`; throws a `GatewayError`. */
export function takeColors(extras: Extras): readonly string[] | null {
  return extras.list(COLOR_NAMES, {
    pattern: /^#[0-9a-f]{6}$/i,
    countMax: 10,
    expected: 'a list of 1 to 10 colors such as #ff9900',
  })
}
