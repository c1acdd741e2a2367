import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, suite, test } from 'node:test'
import { openwebuiDir, skipWithout } from '../shared.js'
import { IMAGE_KEY, type ImageGateway, readPictures, startImageGateway } from './image-gateway.js'
import { type RawReply, type RawRequest, sendRaw } from './raw-http.js'

const requestsPath = join(openwebuiDir, 'requests.jsonl')

interface Captured {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** JSON, or a form whose bytes are Latin-1. */
  readonly body: unknown
}

const CAPTURED: readonly Captured[] = existsSync(requestsPath)
  ? readFileSync(requestsPath, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Captured)
      .filter(({ path }) => path.startsWith('/v1/images/'))
  : []

/** The names that were captured. */
const CONFIGURATION = `
model_list:
  - { model_name: img-model, litellm_params: { model: bedrock/stability.stable-image-core-v1:1 } }
  - { model_name: edit-model, litellm_params: { model: bedrock/amazon.nova-canvas-v1:0 } }
`

/** The bytes as they were sent: Python writes a space after each comma and colon of its JSON. */
function bytesOf({ body, headers }: Captured): Buffer {
  const bytes =
    typeof body === 'string'
      ? Buffer.from(body, 'latin1')
      : Buffer.from(
          JSON.stringify(body, null, 1)
            .replace(/\n\s*/g, ' ')
            .replace(/\{ | \}/g, (brace) => brace.trim()),
        )
  assert.equal(String(bytes.length), headers['Content-Length'])
  return bytes
}

suite("Open WebUI's image requests", { skip: skipWithout(requestsPath) }, () => {
  let gateway: ImageGateway
  before(async () => {
    gateway = await startImageGateway({ configuration: CONFIGURATION })
  })
  after(() => gateway?.close())
  beforeEach(() => gateway.reset())

  /** With its own headers but for the address and the key. */
  function toRequest(captured: Captured): RawRequest {
    const replaced: Readonly<Record<string, string>> = {
      host: `127.0.0.1:${gateway.daemon.port}`,
      authorization: `Bearer ${IMAGE_KEY}`,
    }
    const headers = Object.entries(captured.headers)
      .filter(([name]) => name.toLowerCase() !== 'content-length')
      .map(([name, value]) => [name, replaced[name.toLowerCase()] ?? value] as const)
    return { path: captured.path, headers, body: bytesOf(captured) }
  }

  async function assertAnswered(reply: RawReply, expected: number): Promise<void> {
    assert.equal(reply.status, 200, reply.body.slice(0, 300))
    const pictures = await readPictures(JSON.parse(reply.body) as object)
    assert.equal(pictures.length, expected)
    for (const { format } of pictures) assert.equal(format, 'png')
  }

  test('both kinds were captured', () => {
    assert.deepEqual(CAPTURED.map(({ path }) => path).sort(), ['/v1/images/edits', '/v1/images/generations'])
  })

  for (const captured of CAPTURED) {
    const expected = captured.path.endsWith('generations') ? 2 : 1
    for (const listener of ['chat', 'images'] as const) {
      for (const prefix of ['/v1', '/api/v1']) {
        const path = captured.path.replace('/v1', prefix)
        test(`${path} on the ${listener} listener, whole and in chunks`, async () => {
          const { port, imagesUrl } = gateway.daemon
          const where = listener === 'chat' ? port : Number(new URL(imagesUrl).port)
          const request = { ...toRequest(captured), path }
          await assertAnswered(await sendRaw(where, request), expected)
          for (const chunkBytes of [1, 100, 100_000]) {
            await assertAnswered(await sendRaw(where, { ...request, chunkBytes }), expected)
          }
        })
      }
    }
  }

  test('the api-version that Azure wants does not matter', async () => {
    for (const captured of CAPTURED) {
      const request = toRequest(captured)
      const path = `${request.path}?api-version=2025-04-01-preview`
      assert.equal((await sendRaw(gateway.daemon.port, { ...request, path })).status, 200)
    }
  })

  test('a prompt that the filter stops is said in the status line, which is all that is shown', async () => {
    gateway.emulator.set({ filtered: { how: 'prompt' } })
    for (const captured of CAPTURED) {
      const { wire } = await sendRaw(gateway.daemon.port, toRequest(captured))
      assert.match(wire, /^HTTP\/1\.1 400 Prompt blocked by the content filter\r\n/)
    }
  })
})
