import type { ContentBlock } from '../../src/bedrock/types.js'
import type { WireFailure } from './wire-error.js'

export type ControlOperation = 'ListFoundationModels' | 'ListInferenceProfiles' | 'GetInferenceProfile'
export type ProfileType = 'SYSTEM_DEFINED' | 'APPLICATION'

/** What is wrong with the control plane. Without `operation` and `region` it holds for all; all that match apply. */
export interface ControlFault {
  readonly operation?: ControlOperation
  readonly region?: string
  /** Answer this much later. */
  readonly delayMs?: number
  /** Never answer. */
  readonly hang?: boolean
  readonly failWith?: WireFailure
  /** 200 with empty lists. */
  readonly listNothing?: boolean
  /** Leave out this fraction of the models, 0 to 1, from the end. */
  readonly dropModels?: number
  /** IAM denies ListInferenceProfiles for these types: 403 AccessDeniedException. */
  readonly denyProfileTypes?: readonly ProfileType[]
  /** Most profiles in one page, whatever `maxResults` says. */
  readonly pageSize?: number
}

/** The exceptions a ConverseStream may carry (shape ConverseStreamOutput). */
export type StreamException =
  | 'internalServerException'
  | 'modelStreamErrorException'
  | 'validationException'
  | 'throttlingException'
  | 'serviceUnavailableException'

/** Frames are counted from `messageStart`, which is the first. */
export interface StreamCut {
  readonly afterFrames: number
  /** `reset`: TCP reset; `end`: the body ends as if it were complete. */
  readonly how: 'reset' | 'end'
  /** Half of the next frame is sent first. */
  readonly midFrame?: boolean
}

/** One buffer of equal text events, encoded once and sent over and over: for benchmarks. Stream faults do not apply. */
export interface PreparedStream {
  readonly events: number
  /** Text bytes in each event. */
  readonly bytesPerEvent: number
  readonly eventsPerWrite: number
}

export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly totalTokens: number
  readonly cacheReadInputTokens?: number
  readonly cacheWriteInputTokens?: number
  readonly cacheDetails?: readonly { readonly ttl: string; readonly inputTokens: number }[]
}

/** What is said and done in one call only, over the current behaviour. */
export type ScriptedReply = Partial<Omit<Behaviour, 'control' | 'replies' | 'callsPerSecondMax'>>

/** Blocks a request that names a guardrail and says one of these words, case-insensitively. */
export interface EmulatedGuardrail {
  readonly blockedWords: readonly string[]
  /** The configured message, which becomes the answer. */
  readonly message: string
}

/**
 * What the content filter of an image model finds (facts C11).
 *
 * | `how`       | Nova, Titan                                                  | Stability: 200 with only `finish_reasons` |
 * | ----------- | ------------------------------------------------------------ | ----------------------------------------- |
 * | `prompt`    | 400 ValidationException                                      | `Filter reason: prompt`                   |
 * | `input`     | 400 ValidationException                                      | `Filter reason: input image`              |
 * | `output`    | 200 with `error` and the pictures that are left              | `Filter reason: output image`             |
 * | `inference` | not known: answers as if it were not there                   | `Inference error`                         |
 */
export interface ImageFilter {
  readonly how: 'prompt' | 'input' | 'output' | 'inference'
  /** Only requests whose prompt has one of these words, case-insensitively; absent: all. */
  readonly words?: readonly string[]
  /** Of `output` with Nova and Titan: places in the answer, from 0, that are filtered; absent: all. */
  readonly images?: readonly number[]
}

/** How the emulator behaves. Runtime members hold for every operation on a model. */
export interface Behaviour {
  readonly control: readonly ControlFault[]
  /** What the next calls do, one for each call that is answered; a call that the rules refuse takes none. */
  readonly replies: readonly ScriptedReply[]
  /**
   * A whole answer in Converse's blocks: text, reasoningContent, toolUse, toolResult, citationsContent. Reasoning without
   * a signature is signed. A tool input that is a string is streamed as it is: arguments that were cut off.
   */
  readonly content: readonly ContentBlock[] | null
  /** The answer; null: `You said: …` with the last user text. */
  readonly text: string | null
  /** The text deltas of a stream; null: one for each word. */
  readonly chunks: readonly string[] | null
  /** This many text deltas of `bytesPerEvent` bytes instead of a real answer. */
  readonly events: number | null
  readonly bytesPerEvent: number
  /** 0: as fast as the reader takes them. */
  readonly eventsPerSecond: number
  readonly eventsPerWrite: number
  readonly prepared: PreparedStream | null
  /** Empty text deltas before the first text, as Nova, Titan and gpt-oss send them. */
  readonly emptyTextDeltas: number
  /** Before status and headers. */
  readonly headersDelayMs: number
  /** Between headers and first frame. */
  readonly firstTokenDelayMs: number
  readonly throttle: boolean
  /** Of all calls to models together, in any second; one more is a 429 at once. 0: no limit. */
  readonly callsPerSecondMax: number
  readonly failWith: WireFailure | null
  /** Refuse runtime requests that have this member (`inferenceConfig.topP`); what else they have is fine. */
  readonly refuseMember: { readonly path: string; readonly failWith: WireFailure } | null
  readonly exception: {
    readonly afterFrames: number
    readonly type: StreamException
    readonly message: string
  } | null
  readonly cut: StreamCut | null
  /** Index of the frame whose message CRC is wrong; 0 is `messageStart`. */
  readonly corruptCrcAtFrame: number | null
  /** Send this many frames, then nothing, without an end. */
  readonly hangAfterFrames: number | null
  readonly stopReason: string | null
  readonly usage: Usage | null
  /** Count cache reads and writes from the cache points of the requests, as a cache that forgets nothing would. */
  readonly cacheHit: boolean
  readonly guardrail: EmulatedGuardrail | null
  readonly filtered: ImageFilter | null
  /** Pictures of random pixels, as large as photographs: 3 MB for a megapixel as PNG. Their hash and edited area stay readable. */
  readonly noise: boolean
  /** Reset a connection on its second request, before any byte of a reply. */
  readonly resetReusedConnections: boolean
}

/** An emulator that does nothing odd: every answer at once and complete. */
export const DEFAULT_BEHAVIOUR: Behaviour = {
  control: [],
  replies: [],
  content: null,
  text: null,
  chunks: null,
  events: null,
  bytesPerEvent: 20,
  eventsPerSecond: 0,
  eventsPerWrite: 1,
  prepared: null,
  emptyTextDeltas: 0,
  headersDelayMs: 0,
  firstTokenDelayMs: 0,
  throttle: false,
  callsPerSecondMax: 0,
  failWith: null,
  refuseMember: null,
  exception: null,
  cut: null,
  corruptCrcAtFrame: null,
  hangAfterFrames: null,
  stopReason: null,
  usage: null,
  cacheHit: false,
  guardrail: null,
  filtered: null,
  noise: false,
  resetReusedConnections: false,
}

const ANSWER_MEMBERS = ['text', 'chunks', 'content', 'events'] as const satisfies (keyof Behaviour)[]

/** `change` over `base`. Who says one kind of answer takes the other kinds back. */
export function mergeBehaviour(base: Behaviour, change: Partial<Behaviour>): Behaviour {
  const answers = ANSWER_MEMBERS.some((member) => (change[member] ?? null) !== null)
  const kept = answers ? { ...base, text: null, chunks: null, content: null, events: null } : base
  return { ...kept, ...change }
}

/** A behaviour from JSON. Throws a TypeError that names a member which does not exist, also in `replies`. */
export function parseBehaviour(value: unknown): Partial<Behaviour> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError('behaviour must be an object')
  }
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(DEFAULT_BEHAVIOUR, name))
  if (unknown !== undefined) throw new TypeError(`unknown behaviour "${unknown}"`)
  const { replies } = value as { replies?: unknown }
  if (replies === undefined) return value
  if (!Array.isArray(replies)) throw new TypeError('replies must be a list')
  for (const reply of replies) parseBehaviour(reply)
  return value
}

/** The faults that hold for one control-plane request, later ones winning member by member. */
export function faultsFor(
  behaviour: Behaviour,
  request: { operation: ControlOperation; region: string },
): ControlFault {
  const matching = behaviour.control.filter(
    (fault) =>
      (fault.operation ?? request.operation) === request.operation &&
      (fault.region ?? request.region) === request.region,
  )
  return Object.assign({}, ...matching)
}
