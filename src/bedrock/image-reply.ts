/**
 * An InvokeModel reply of an image model (facts C11): Nova and Titan say `images` and `error`, Stability `images`,
 * `finish_reasons` and `seeds`. Both say what was filtered with status 200.
 */
export interface ImageReply {
  /** Base64, in the order of the reply. */
  readonly images: readonly string[]
  /** Of the images, in their order; empty: not said. */
  readonly seeds: readonly number[]
  /** Why pictures are missing, in the model's words; null: none is. Of the client's prompt nothing is in it. */
  readonly filtered: string | null
  /** The model broke down over a picture that no filter minded ("Inference error"): the same call may work later. */
  readonly failed: boolean
  /** A guardrail has looked at what was asked and what was made. */
  readonly watched: boolean
}

/** Said where the model's own words are none that can be shown. */
const FILTERED = 'Blocked by the content filter'
/** What the guardrail of an InvokeModel call did: `INTERVENED` or `NONE` (AWS: InvokeModel, recordings 980 and 1001). */
const GUARDRAIL_ACTION = 'amazon-bedrock-guardrailAction'
const STOPPED: ImageReply = {
  images: [],
  seeds: [],
  filtered: 'Blocked by the guardrail',
  failed: false,
  watched: true,
}
/** A short sentence in plain characters: it may become a reason phrase. */
const SENTENCE = /^[\w .,;:'()-]{1,200}$/

/** Reads a reply's JSON; null where it is not what its protocol says, or holds neither a picture nor why there is none. */
export function parseImageReply(value: unknown): ImageReply | null {
  if (typeof value !== 'object' || value === null) return null
  const {
    images: pictures,
    finish_reasons: reasons,
    seeds,
    error,
    ...others
  } = value as Record<string, unknown>
  const action = others[GUARDRAIL_ACTION] ?? null
  // Before anything else: what was stopped has whatever shape, and nothing of it goes out.
  if (action !== null && action !== 'NONE') return STOPPED
  const images = parseImages(pictures)
  if (images === null) return null
  const reply = Array.isArray(reasons) ? stabilityReply(images, reasons, seeds) : amazonReply(images, error)
  if (reply === null) return null
  const said = reply.images.length > 0 || reply.filtered !== null || reply.failed
  return said ? { ...reply, watched: action !== null } : null
}

type ModelReply = Omit<ImageReply, 'watched'>

/** Null stands where a picture was held back. */
function parseImages(value: unknown): readonly (string | null)[] | null {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) return null
  const images: (string | null)[] = []
  for (const image of value as readonly unknown[]) {
    if (image !== null && typeof image !== 'string') return null
    images.push(image === '' ? null : image)
  }
  return images
}

/** Nova and Titan: `error` stands beside the pictures that passed. */
function amazonReply(images: readonly (string | null)[], error: unknown): ModelReply | null {
  if (error !== undefined && error !== null && typeof error !== 'string') return null
  return {
    images: images.filter((image) => image !== null),
    seeds: [],
    filtered: error === undefined || error === null ? null : toSentence(error),
    failed: false,
  }
}

/** Stability: one reason for each picture; null is a good one. */
function stabilityReply(
  images: readonly (string | null)[],
  reasons: readonly unknown[],
  seeds: unknown,
): ModelReply | null {
  if (reasons.some((reason) => reason !== null && typeof reason !== 'string')) return null
  const words = reasons.filter((reason) => typeof reason === 'string')
  const blocked = words.filter((word) => !isFault(word))
  // Pictures and reasons run side by side, but a reply may also leave out what it holds back.
  const paired = images.length === reasons.length
  const good = images.flatMap((image, index) =>
    image === null || (paired && reasons[index] !== null) ? [] : [{ image, index }],
  )
  const numbers = Array.isArray(seeds) && seeds.length === images.length ? seeds.map(Number) : []
  return {
    images: good.map(({ image }) => image),
    seeds: good.flatMap(({ index }) => {
      const seed = numbers[index]
      return seed !== undefined && Number.isSafeInteger(seed) ? [seed] : []
    }),
    filtered: blocked[0] === undefined ? null : toSentence(blocked[0]),
    failed: words.some(isFault),
  }
}

function isFault(reason: string): boolean {
  return /^inference error/i.test(reason)
}

function toSentence(words: string): string {
  const sentence = words.trim()
  return SENTENCE.test(sentence) ? sentence : FILTERED
}
