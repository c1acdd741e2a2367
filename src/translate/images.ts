import type { ImageDelta } from '../bedrock/types.js'
import type { ChunkWriter } from '../openai/chunks.js'
import { joinBase64 } from './base64.js'

/** A picture as a data URI; `bytes` is base64, `format` png, jpeg, gif or webp. */
export function toDataUri(format: string, bytes: string): string {
  return `data:image/${format};base64,${bytes}`
}

/** Turns the pictures of one ConverseStream into one delta each: a picture can't be shown in pieces. */
export interface ImageStream {
  start(block: number, format: string): string
  push(block: number, delta: ImageDelta): string
  stop(block: number): string
  /** Ends the blocks that were left open. */
  end(): string
}

interface OpenImage {
  readonly format: string
  readonly pieces: string[]
}

export function createImageStream(writer: ChunkWriter): ImageStream {
  const open = new Map<number, OpenImage>()

  function stop(block: number): string {
    const image = open.get(block)
    open.delete(block)
    if (image === undefined || image.pieces.length === 0) return ''
    return writer.image(toDataUri(image.format, joinBase64(image.pieces)))
  }

  return {
    start(block, format) {
      const before = stop(block)
      open.set(block, { format, pieces: [] })
      return before
    },
    push(block, { source }) {
      if (source?.bytes) open.get(block)?.pieces.push(source.bytes)
      return ''
    },
    stop,
    end: () => [...open.keys()].map(stop).join(''),
  }
}
