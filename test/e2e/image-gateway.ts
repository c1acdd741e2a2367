import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI, { toFile } from 'openai'
import {
  type Emulator,
  type EmulatorOptions,
  type RecordedRequest,
  startEmulator,
} from '../emulator/emulator.js'
import { type DrawnPicture, readDrawnPicture } from '../emulator/images/read-drawn-picture.js'
import { type Daemon, startDaemon } from './daemon.js'

export const IMAGE_KEY = 'key-of-the-image-tests'
const REPLY_MS_MAX = 40_000

export interface ImageGatewayOptions {
  readonly emulator?: EmulatorOptions
  readonly environment?: Readonly<Record<string, string>>
  /** Text of a configuration file. */
  readonly configuration?: string
}

/** A daemon before an emulator, and what image requests leave on its disk. */
export interface ImageGateway {
  readonly emulator: Emulator
  readonly daemon: Daemon
  /** The official SDK, on the images listener. */
  readonly client: OpenAI
  /** InvokeModel calls since the last `reset`. */
  calls(): readonly RecordedRequest[]
  /** What the last of them said. */
  lastBody(): Readonly<Record<string, unknown>>
  /** Forgets the calls so far, and how the emulator was told to behave. */
  reset(): void
  /** Posts JSON or a form to the chat listener. */
  post(path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** Names of the files that links lead to, finished or not. */
  linkFiles(): readonly string[]
  /** Names of what lies in the folder for temporary files. */
  temporaryFiles(): readonly string[]
  close(): Promise<void>
}

export async function startImageGateway(options: ImageGatewayOptions = {}): Promise<ImageGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-images-'))
  const stateDir = join(folder, 'state')
  const temporaryDir = join(folder, 'temporary')
  for (const dir of [stateDir, temporaryDir]) mkdirSync(dir)
  writeFileSync(join(folder, 'gateway.yaml'), options.configuration ?? '{}')
  const emulator = await startEmulator(options.emulator)
  const daemon = await startDaemon({
    emulator,
    stateDir,
    environment: {
      BEDROCKD_API_KEYS: IMAGE_KEY,
      BEDROCKD_CONFIG: join(folder, 'gateway.yaml'),
      TMPDIR: temporaryDir,
      ...options.environment,
    },
  }).catch(async (error: unknown) => {
    await emulator.close()
    rmSync(folder, { recursive: true })
    throw error
  })
  let callsForgotten = 0
  const allCalls = (): readonly RecordedRequest[] =>
    emulator.requests.filter(({ operation }) => operation === 'InvokeModel')
  const calls = (): readonly RecordedRequest[] => allCalls().slice(callsForgotten)
  return {
    emulator,
    daemon,
    client: new OpenAI({
      baseURL: `${daemon.imagesUrl}/v1`,
      apiKey: IMAGE_KEY,
      maxRetries: 0,
      timeout: REPLY_MS_MAX,
    }),
    calls,
    lastBody: () => (calls().at(-1) ?? assert.fail('no call')).body as Record<string, unknown>,
    reset() {
      callsForgotten = allCalls().length
      emulator.reset()
    },
    post(path, body, headers = {}) {
      const isForm = body instanceof FormData
      return fetch(`${daemon.url}${path}`, {
        method: 'POST',
        body: isForm ? body : JSON.stringify(body),
        signal: AbortSignal.timeout(REPLY_MS_MAX),
        headers: {
          authorization: `Bearer ${IMAGE_KEY}`,
          ...(isForm ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
      })
    },
    linkFiles: () => listFiles(join(stateDir, 'images')),
    temporaryFiles: () => listFiles(temporaryDir),
    async close() {
      assert.equal(daemon.process.exitCode, null, daemon.output())
      // A shutdown waits a second for the connections that clients keep.
      await daemon.kill()
      await emulator.close()
      rmSync(folder, { recursive: true })
    },
  }
}

export type EditParams = Omit<Partial<OpenAI.ImageEditParamsNonStreaming>, 'image' | 'mask'>

/** Edits by the SDK: one picture, or a list; what its types do not have is passed on, too. */
export async function editPicture(
  { client }: Pick<ImageGateway, 'client'>,
  files: { readonly image: Buffer | readonly Buffer[]; readonly mask?: Buffer },
  params: EditParams & Readonly<Record<string, unknown>>,
): Promise<OpenAI.ImagesResponse> {
  const { image, mask } = files
  const toPng = (bytes: Buffer, name: string) => toFile(bytes, name, { type: 'image/png' })
  return await client.images.edit({
    prompt: 'a red boat',
    image: Buffer.isBuffer(image)
      ? await toPng(image, 'picture.png')
      : await Promise.all(image.map((one, index) => toPng(one, `${index}.png`))),
    ...(mask === undefined ? {} : { mask: await toPng(mask, 'mask.png') }),
    ...params,
  })
}

/** A folder that is not there holds nothing. */
function listFiles(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

/** The body of a picture's base64. */
export function toBytes(base64: string | undefined): Buffer {
  return Buffer.from(base64 ?? '', 'base64')
}

interface Reply {
  readonly data?: readonly { readonly b64_json?: string }[]
}

/** The pictures of a whole reply. */
export async function readPictures(reply: Reply): Promise<readonly DrawnPicture[]> {
  return await Promise.all((reply.data ?? []).map(({ b64_json }) => readDrawnPicture(toBytes(b64_json))))
}

/** The only picture of a whole reply. */
export async function readPicture(reply: Reply): Promise<DrawnPicture> {
  const pictures = await readPictures(reply)
  assert.equal(pictures.length, 1)
  return pictures[0] ?? assert.fail('no picture')
}

/** What a reply says of request parameters that its model never saw. */
export function toDroppedParams(response: Response): readonly string[] {
  return response.headers.get('x-bedrockd-dropped-params')?.split(', ') ?? []
}
