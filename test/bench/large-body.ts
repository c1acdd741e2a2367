import sharp from 'sharp'
import { MODEL_ID, toPrompt } from './wire.js'

/** A history with images, in both protocols. */
export interface LargeBody {
  readonly openAi: string
  readonly converse: string
}

interface Picture {
  readonly format: 'jpeg' | 'png'
  readonly base64: string
}

const TEXT_CHARACTERS = 300

/** A body of about `bytes` bytes (within a tenth): so many turns, each with an image of its own, JPEG and PNG in turns. */
export async function createLargeBody(bytes: number, images: number): Promise<LargeBody> {
  const bytesEach = ((bytes / images - TEXT_CHARACTERS) * 3) / 4
  const pictures: Picture[] = []
  for (let index = 0; index < images; index += 1) pictures.push(await createPicture(index, bytesEach))
  const turns = pictures.map((picture) => ({ picture, text: toPrompt(TEXT_CHARACTERS) }))
  return {
    openAi: JSON.stringify({
      model: MODEL_ID,
      stream: false,
      max_tokens: 4096,
      messages: turns.flatMap(({ picture: { format, base64 }, text }) => [
        {
          role: 'user',
          content: [
            { type: 'text', text },
            { type: 'image_url', image_url: { url: `data:image/${format};base64,${base64}` } },
          ],
        },
        { role: 'assistant', content: 'A picture.' },
      ]),
    }),
    converse: JSON.stringify({
      messages: turns.flatMap(({ picture: { format, base64 }, text }) => [
        { role: 'user', content: [{ text }, { image: { format, source: { bytes: base64 } } }] },
        { role: 'assistant', content: [{ text: 'A picture.' }] },
      ]),
      inferenceConfig: { maxTokens: 4096 },
    }),
  }
}

/** Noise, which no format makes smaller: a PNG has the bytes of its pixels, a JPEG of this quality half of that. */
async function createPicture(seed: number, bytes: number): Promise<Picture> {
  const format = seed % 2 === 0 ? 'jpeg' : 'png'
  const side = Math.round(Math.sqrt((format === 'png' ? bytes : bytes * JPEG_PIXEL_BYTES_FACTOR) / 3))
  const pixels = createNoise(seed, side * side * 3)
  const image = sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
  const file = await (format === 'png'
    ? image.png({ compressionLevel: 1 })
    : image.jpeg({ quality: 90, chromaSubsampling: '4:4:4' })
  ).toBuffer()
  return { format, base64: file.toString('base64') }
}

const JPEG_PIXEL_BYTES_FACTOR = 1.6

/** The same bytes for the same seed. */
function createNoise(seed: number, bytes: number): Buffer {
  const noise = Buffer.alloc(bytes)
  let state = seed + 1
  for (let at = 0; at < bytes; at += 1) {
    // Numerical Recipes' generator; its high bits are the good ones.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    noise[at] = state >>> 24
  }
  return noise
}

/** The same request with the body in its protocol: Bedrock's where it goes to a model's path, else OpenAI's. */
export function withLargeBody(request: Buffer, { openAi, converse }: LargeBody): Buffer {
  const head = request.toString('latin1', 0, request.indexOf('\r\n\r\n') + 4)
  const body = head.startsWith('POST /model/') ? converse : openAi
  const length = `content-length: ${Buffer.byteLength(body)}\r\n`
  return Buffer.from(head.replace(/content-length: *\d+\r\n/i, length) + body)
}
