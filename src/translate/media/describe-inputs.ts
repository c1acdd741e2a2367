import type { Capabilities } from '../../catalog/types.js'

type MediaCapabilities = Pick<Capabilities, 'imageTypes' | 'documentTypes' | 'videoTypes' | 'audioTypes'>

/** What a model takes, in words: `text only`, `text and images (png, jpeg)`. */
export function describeInputs(can: MediaCapabilities): string {
  const media = (
    [
      ['images', can.imageTypes],
      ['documents', can.documentTypes],
      ['video', can.videoTypes],
      ['audio', can.audioTypes],
    ] as const
  )
    .filter(([, types]) => types.length > 0)
    .map(([name, types]) => `${name} (${types.join(', ')})`)
  const last = media.pop()
  return last === undefined ? 'text only' : `${['text', ...media].join(', ')} and ${last}`
}
