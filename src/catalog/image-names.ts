import type { ModelEntry } from './types.js'

/**
 * What a picture is asked for with: words alone, a picture to change, or with it a mask of what is to change. OpenAI's names lead
 * to different models for each.
 */
export type ImageUse = 'generation' | 'edit' | 'masked-edit'

/** What a request means that names no model (CreateImageRequest). */
export const UNNAMED_IMAGE_MODEL = 'dall-e-2'

/** The settings that say what OpenAI's names stand for. */
export const IMAGE_MODEL_SETTINGS = {
  generation: 'BEDROCKD_DEFAULT_IMAGE_MODEL',
  edit: 'BEDROCKD_DEFAULT_IMAGE_EDIT_MODEL',
  'masked-edit': 'BEDROCKD_DEFAULT_IMAGE_EDIT_MODEL',
} as const satisfies Record<ImageUse, string>

/**
 * What such a name stands for where no setting says so: the first of these that a configured region offers. Core makes
 * pictures fastest and for the least money. An edit needs a model that follows words with a picture beside them; the
 * services that do one thing only (upscale, remove the background) are asked for by name.
 */
const PREFERRED = {
  generation: [
    'stability.stable-image-core',
    'stability.sd3-5-large',
    'stability.stable-image-ultra',
    'amazon.nova-canvas',
    'amazon.titan-image',
  ],
  edit: [
    'amazon.nova-canvas',
    'stability.stable-image-ultra',
    'stability.sd3-5-large',
    'amazon.titan-image',
    'stability.stable-image-inpaint',
    'stability.stable-image-control-structure',
  ],
  // The first three take a mask. Of the others one is asked only where none of those is there: it refuses, and says why.
  'masked-edit': [
    'amazon.nova-canvas',
    'stability.stable-image-inpaint',
    'amazon.titan-image',
    'stability.stable-image-ultra',
    'stability.sd3-5-large',
  ],
} as const satisfies Record<ImageUse, readonly string[]>

const OPENAI_IMAGE_NAME = /^(?:dall-e-|gpt-image-|chatgpt-image-)/i

/** True for OpenAI's own names of image models. */
export function isOpenAiImageName(id: string): boolean {
  return OPENAI_IMAGE_NAME.test(id)
}

/** The foundation models that may stand for such a name, best first; those that AWS is about to take away come last. */
export function orderImageModels(
  entries: readonly Pick<ModelEntry, 'foundationId' | 'legacy'>[],
  use: ImageUse,
): readonly string[] {
  const ids: string[] = []
  for (const legacy of [false, true]) {
    for (const prefix of PREFERRED[use]) {
      for (const { foundationId, legacy: isLegacy } of entries) {
        if (isLegacy === legacy && foundationId?.startsWith(prefix) === true) ids.push(foundationId)
      }
    }
  }
  return [...new Set(ids)]
}
