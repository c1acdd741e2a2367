import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { encodeEvent, encodeException } from '../emulator/event-stream-encoder.js'
import { createRandom } from '../random.js'
import { eventually, MODEL, parseStream, within } from './chat.js'
import { type CutReply, type CuttingServer, startCuttingServer } from './cutting-server.js'
import { type Daemon, startDaemon } from './daemon.js'
import { openSlowly } from './slow-client.js'

const CERTIFICATE_FILE = new URL('../../../test/fixtures/tls/localhost.pem', import.meta.url)
const KEY_FILE = new URL('../../../test/fixtures/tls/localhost-key.pem', import.meta.url)

const STREAMS = 240
const SLOW_EVERY = 60
const SLOW_PIECES = 1_200
const FRAGMENTS = [
  'plain words, ',
  'a "quoted" \\ line\n',
  'é and 語 ',
  '😀',
  'x'.repeat(300),
  'y'.repeat(11_000),
]

type Ending = 'whole' | 'cut' | 'exception' | 'nonsense'

/** One reply of Bedrock. */
interface Script {
  readonly pieceBytesMax: number
  readonly texts: readonly string[]
  readonly ending: Ending
}

/** Each piece names the stream, the choice and its place: nothing of another stream could stand for it. */
function writeTexts(name: string, pieces: number, random: () => number): string[] {
  return Array.from({ length: pieces }, (_, place) => {
    const fragment = FRAGMENTS[Math.floor(random() ** 2 * FRAGMENTS.length)] ?? ''
    return `<${name}/${place}>${fragment}`
  })
}

function toReply({ texts, ending, pieceBytesMax }: Script, random: () => number): CutReply {
  const p = (): string => 'abcdefghijklmnopqrstuvwxyz'.slice(0, Math.floor(random() * 26))
  const said = [
    encodeEvent('messageStart', { p: p(), role: 'assistant' }),
    ...texts.map((text) =>
      encodeEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text }, p: p() }),
    ),
  ]
  const end = {
    whole: () => [
      encodeEvent('contentBlockStop', { contentBlockIndex: 0, p: p() }),
      encodeEvent('messageStop', { p: p(), stopReason: 'end_turn' }),
      encodeEvent('metadata', {
        metrics: { latencyMs: 1 },
        usage: { inputTokens: 1, outputTokens: texts.length, totalTokens: texts.length + 1 },
      }),
    ],
    cut: () => [encodeEvent('contentBlockStop', { contentBlockIndex: 0, p: p() }).subarray(0, 20)],
    exception: () => [encodeException('modelStreamErrorException', 'The model broke.')],
    nonsense: () => [],
  }[ending]()
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\n'
  const body = Buffer.concat([...said, ...end])
  const framing = ending === 'nonsense' ? 0 : random()
  if (framing > 0.9)
    return { bytes: Buffer.concat([Buffer.from(`${head}\r\n`), body]), ends: true, pieceBytesMax }
  if (framing > 0.8 && ending !== 'cut') {
    return {
      bytes: Buffer.concat([Buffer.from(`${head}content-length: ${body.length}\r\n\r\n`), body]),
      ends: false,
      pieceBytesMax,
    }
  }
  const parts = [Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n`)]
  for (let offset = 0; offset < body.length; ) {
    const chunk = body.subarray(offset, offset + 1 + Math.floor(random() * 600))
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
    offset += chunk.length
  }
  if (ending !== 'cut') parts.push(Buffer.from(ending === 'nonsense' ? 'zz\r\n' : '0\r\n\r\n'))
  return { bytes: Buffer.concat(parts), ends: ending === 'cut', pieceBytesMax }
}

/** What a client does. */
interface Part {
  readonly name: string
  readonly slow: boolean
  readonly leaves: boolean
  readonly scripts: readonly Script[]
}

function castParts(random: () => number): readonly Part[] {
  return Array.from({ length: STREAMS }, (_, index) => {
    const name = `s${index}`
    const slow = index % SLOW_EVERY === 0
    const leaves = !slow && random() < 0.15
    const choices = slow || random() < 0.8 ? 1 : 2 + Math.floor(random() * 2)
    const endings: readonly Ending[] = ['whole', 'whole', 'whole', 'cut', 'exception', 'nonsense']
    const ending = slow || choices > 1 ? 'whole' : (endings[Math.floor(random() * endings.length)] ?? 'whole')
    const scripts = Array.from({ length: choices }, (_, choice) => {
      const pieces = slow ? SLOW_PIECES : 1 + Math.floor(random() * 60)
      const texts = writeTexts(`${name}.${choice}`, pieces, random)
      return {
        ending,
        pieceBytesMax: slow ? 400_000 : 8_000,
        texts: slow ? texts.map((text) => text + 'z'.repeat(9_000)) : texts,
      }
    })
    return { name, slow, leaves, scripts }
  })
}

/** The whole stream as the client got it. */
async function readReply(reply: IncomingMessage, { slow, leaves }: Part): Promise<string> {
  const parts: Buffer[] = []
  if (slow) await sleep(1_500)
  for await (const part of reply as AsyncIterable<Buffer>) {
    parts.push(part)
    if (leaves) break
    if (slow && parts.length % 20 === 0) await sleep(2)
  }
  return Buffer.concat(parts).toString('utf8')
}

function assertOwnText(raw: string, { name, scripts }: Part): void {
  const { chunks, error, finishReasons } = parseStream(raw)
  const texts = new Map<number, string>()
  for (const chunk of chunks) {
    for (const { index, delta } of (chunk.choices ?? []) as unknown as {
      index: number
      delta: { content?: string }
    }[]) {
      texts.set(index, (texts.get(index) ?? '') + (delta.content ?? ''))
    }
  }
  // Which reply becomes which choice is a matter of arrival.
  const expected = scripts.map((script) => script.texts.join(''))
  assert.ok(
    expected.length === texts.size && expected.every((text) => [...texts.values()].includes(text)),
    `${name} must get its own text, whole, once and in order`,
  )
  const whole = scripts[0]?.ending === 'whole'
  assert.equal(error === null, whole, name)
  assert.equal(finishReasons.length, whole ? scripts.length : 0, name)
}

for (const protocol of ['http', 'https'] as const) {
  suite(`many streams at once over ${protocol}, each cut anywhere on its way`, () => {
    const random = createRandom(20_261_121)
    const parts = castParts(random)
    let emulator: Emulator
    let server: CuttingServer
    let daemon: Daemon

    before(async () => {
      const waiting = new Map(parts.map(({ name, scripts }) => [name, [...scripts]]))
      server = await startCuttingServer(
        (said) => {
          const script = waiting.get(said)?.shift()
          assert(script !== undefined, `no call for ${said} is left`)
          return toReply(script, random)
        },
        random,
        protocol === 'http' ? null : { key: readFileSync(KEY_FILE), cert: readFileSync(CERTIFICATE_FILE) },
      )
      emulator = await startEmulator()
      daemon = await startDaemon({
        emulator,
        environment: {
          NODE_EXTRA_CA_CERTS: fileURLToPath(CERTIFICATE_FILE),
          AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url,
          BEDROCKD_CHOICES_MAX: '3',
        },
      })
    })
    after(async () => {
      await daemon?.kill()
      await server?.close()
      await emulator?.close()
    })

    test('every client gets its own text, none of another, nothing twice, nothing out of order', async () => {
      let pausedSeen = 0
      const play = async (part: Part): Promise<void> => {
        const messages = [{ role: 'user', content: part.name }]
        const body = { model: MODEL, messages, stream: true, n: part.scripts.length }
        const raw = await readReply(await openSlowly(daemon.url, body), part)
        if (!part.leaves) assertOwnText(raw, part)
      }
      const watch = setInterval(async () => {
        const { streams } = (await daemon.admin('/streams')) as { streams: { paused: boolean }[] }
        pausedSeen += streams.filter(({ paused }) => paused).length
      }, 50)
      try {
        await within(Promise.all(parts.map(play)), 60_000, 'not all streams ended')
      } finally {
        clearInterval(watch)
      }
      assert.ok(pausedSeen > 0, 'some client must have been behind')
      await eventually(
        async () => ((await daemon.admin('/streams')) as { streams: unknown[] }).streams.length === 0,
        'the end of all streams',
      )
    })
  })
}
