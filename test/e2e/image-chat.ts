import assert from 'node:assert/strict'
import type { ErrorBody } from './chat.js'

/** Longest line that Open WebUI's client takes (openwebui-contract §3), its end included. */
const LINE_BYTES_MAX = 131_072

interface ImageMember {
  readonly type: string
  readonly image_url: { readonly url: string }
}

/** Members of a message or delta that the SDK's types do not have. */
export interface WithImages {
  readonly images?: readonly ImageMember[]
}

/** The images of a whole reply's first choice. */
export function imagesOf(choices: readonly { readonly message: object }[]): readonly ImageMember[] {
  return (choices[0]?.message as WithImages | undefined)?.images ?? []
}

interface Chunk {
  readonly choices?: readonly {
    readonly delta: WithImages & { readonly role?: string; readonly content?: string }
    readonly finish_reason: string | null
  }[]
  readonly usage?: { readonly total_tokens: number } | null
  readonly error?: ErrorBody
}

/** What Open WebUI makes of a stream with pictures. */
export interface ImageStreamReading {
  readonly chunks: readonly Chunk[]
  /** Data URIs. */
  readonly urls: readonly string[]
  readonly text: string
  readonly error: ErrorBody | null
  /** `role`, `text`, `images`, `finish`, `usage`, `error`, `ping`, `done`. */
  readonly order: readonly string[]
  readonly lineBytesMax: number
}

/** Reads line by line, as Open WebUI does. Fails where a line is too long for it, or no event. */
export async function readImageStream(response: Response): Promise<ImageStreamReading> {
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  const raw = await response.text()
  assert.ok(raw.endsWith('data: [DONE]\n\n'), `the stream must end in [DONE], got …${raw.slice(-200)}`)
  const chunks: Chunk[] = []
  const order: string[] = []
  let lineBytesMax = 0
  for (const line of raw.split('\n')) {
    lineBytesMax = Math.max(lineBytesMax, Buffer.byteLength(line) + 1)
    if (line === '' || line === ':') continue
    if (line === ': ping') order.push('ping')
    else if (line === 'data: [DONE]') order.push('done')
    else {
      assert.ok(line.startsWith('data: '), `not an event: ${line.slice(0, 100)}`)
      const chunk = JSON.parse(line.slice('data: '.length)) as Chunk
      chunks.push(chunk)
      order.push(kindOf(chunk))
    }
  }
  assert.ok(lineBytesMax <= LINE_BYTES_MAX, `a line has ${lineBytesMax} bytes`)
  const deltas = chunks.flatMap(({ choices }) => choices ?? []).map(({ delta }) => delta)
  return {
    chunks,
    order,
    lineBytesMax,
    urls: deltas.flatMap(({ images }) => images ?? []).map((image) => image.image_url.url),
    text: deltas.map(({ content }) => content ?? '').join(''),
    error: chunks.find(({ error }) => error !== undefined)?.error ?? null,
  }
}

function kindOf({ error, choices }: Chunk): string {
  if (error !== undefined) return 'error'
  const [choice] = choices ?? []
  if (choice === undefined) return 'usage'
  if (choice.finish_reason !== null) return 'finish'
  if (choice.delta.role !== undefined) return 'role'
  return choice.delta.images === undefined ? 'text' : 'images'
}

/** The bytes and the format that a data URI of a picture says. */
export function parseDataUrl(url: string | undefined): { readonly format: string; readonly bytes: Buffer } {
  const [, format = '', base64 = ''] =
    /^data:image\/([a-z]+);base64,([A-Za-z0-9+/]+=*)$/.exec(url ?? '') ?? []
  assert.ok(base64 !== '', `no data URI of a picture: ${url?.slice(0, 60)}`)
  return { format, bytes: Buffer.from(base64, 'base64') }
}

/** The targets of the images of a markdown text that holds nothing else. */
export function markdownImages(text: string): readonly string[] {
  const blocks = text.split('\n\n')
  return blocks.map((block) => {
    const [, target] = /^!\[image\]\((\S+)\)$/.exec(block) ?? []
    return target ?? assert.fail(`not an image: ${block.slice(0, 60)}`)
  })
}
