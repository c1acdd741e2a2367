import { join } from 'node:path'
import type { Logger } from 'pino'
import { GatewayError } from '../errors.js'
import type { PieceSource } from '../http/piece-source.js'
import type { ImageFormat } from '../openai/image-types.js'
import type { Bytes } from '../remote-bytes.js'
import { openFile } from './link-file.js'
import { removeFile, sweepFolder, writePicture } from './link-folder.js'
import { createLinkName, toContentType } from './link-name.js'

/** How late what expired may leave the disk. Its link is dead at once. */
const SWEEP_EVERY_MS = 60_000
/** Room is made for more than is asked for, so that the next picture does not have to look again. */
const REFILL = 0.9

export interface ImageLinksOptions {
  /** Created where it is missing. Processes may share it; each then counts what the others write once a minute. */
  readonly dir: string
  readonly keepMs: number
  /** 0: no links. */
  readonly bytesMax: number
  readonly log: Logger
  /** Milliseconds since 1970: compared with the files' own times. */
  readonly now: () => number
}

export interface LinkedImage {
  readonly format: ImageFormat
  readonly bytes: Bytes
}

/** A picture that is there, opened for one reply: its `source` has to be closed (`replyPieces` does). */
export interface OpenedImage {
  readonly source: PieceSource
  readonly contentType: string
  /** Milliseconds that its link still works. */
  readonly keepMs: number
}

/**
 * Pictures on disk, each under a name that can't be guessed, for a while: what `response_format: url` leads to. They
 * survive a restart.
 */
export interface ImageLinks {
  /**
   * Returns the files' names, in order. Throws a `GatewayError` where the pictures are more than all links may take, or
   * can't be written: then none of them stays.
   */
  save(images: readonly LinkedImage[]): Promise<readonly string[]>
  /** Throws a `GatewayError` where no links are made at all: to be asked before a picture is paid for. */
  requireAllowed(): void
  /** Null for a name that is none, and for a picture that is gone or expired. `name` may be anything. */
  open(name: string): Promise<OpenedImage | null>
  /** Removes what expired, and the oldest where it is too much. Runs by itself, too. */
  sweep(): Promise<void>
  close(): void
}

export function createImageLinks({ dir, keepMs, bytesMax, log, now }: ImageLinksOptions): ImageLinks {
  /** What the folder holds: as of the last look, with what was written here since; null: not looked yet. */
  let bytesStored: number | null = null
  /** Of pictures that are being written. */
  let bytesToCome = 0
  let sweeping: Promise<void> = Promise.resolve()

  /** One after the other: two at once would each make all the room. */
  function sweepTo(bytesLeftMax: number): Promise<void> {
    sweeping = sweeping.then(async () => {
      bytesStored = await sweepFolder(dir, { nowMs: now(), keepMs, bytesMax: bytesLeftMax })
    })
    return sweeping
  }

  async function makeRoom(): Promise<void> {
    if (bytesStored === null) await sweepTo(bytesMax)
    if ((bytesStored ?? 0) + bytesToCome > bytesMax)
      await sweepTo(Math.max(0, bytesMax - bytesToCome) * REFILL)
  }

  function requireAllowed(): void {
    if (bytesMax === 0) throw notAllowed()
  }

  async function save(images: readonly LinkedImage[]): Promise<readonly string[]> {
    const bytes = images.reduce((sum, image) => sum + image.bytes.length, 0)
    requireAllowed()
    if (bytes > bytesMax) throw tooMuch(bytes, bytesMax)
    const names: string[] = []
    bytesToCome += bytes
    try {
      await makeRoom()
      for (const image of images) {
        const name = createLinkName(image.format)
        await writePicture(dir, name, image.bytes)
        names.push(name)
      }
      bytesStored = (bytesStored ?? 0) + bytes
    } catch (cause) {
      for (const name of names) await removeFile(join(dir, name))
      log.error({ code: codeOf(cause) }, 'picture not saved')
      throw toSaveError(cause)
    } finally {
      bytesToCome -= bytes
    }
    return names
  }

  async function open(name: string): Promise<OpenedImage | null> {
    const contentType = toContentType(name)
    if (contentType === null) return null
    const file = await openFile(join(dir, name))
    if (file === null) return null
    const leftMs = file.changedAtMs + keepMs - now()
    if (leftMs > 0) return { source: file.source, contentType, keepMs: Math.min(leftMs, keepMs) }
    file.source.close()
    return null
  }

  const sweep = (): Promise<void> => sweepTo(bytesMax)
  const timer = setInterval(() => void sweep(), Math.min(keepMs, SWEEP_EVERY_MS))
  timer.unref()

  return { requireAllowed, save, open, sweep, close: () => clearInterval(timer) }
}

function notAllowed(): GatewayError {
  const message = 'This gateway makes no links to pictures (BEDROCKD_IMAGE_LINK_BYTES_MAX): ask for b64_json.'
  return new GatewayError('unsupported', message, { param: 'response_format' })
}

/** Short enough to be read whole as the reason of a status. */
function tooMuch(bytes: number, bytesMax: number): GatewayError {
  const message = `Pictures of ${bytes} bytes exceed BEDROCKD_IMAGE_LINK_BYTES_MAX (${bytesMax}): ask for b64_json.`
  return new GatewayError('unsupported', message, { param: 'response_format' })
}

/** A full disk gets room again; one that can't be written needs somebody. */
function toSaveError(cause: unknown): GatewayError {
  const code = codeOf(cause)
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
  return full
    ? new GatewayError('overloaded', 'The disk of the gateway is full, no link was made: ask for b64_json.', {
        cause,
      })
    : new GatewayError(
        'internal_error',
        `The gateway can't write its pictures (${code}), no link was made: ask for b64_json.`,
        { cause },
      )
}

/** The code of a system error, else the error's name: never its text, which holds paths. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
