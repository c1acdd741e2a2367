import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { decodeEvents } from '../bedrock/decode.js'
import { runtimeClient } from '../emulator/sdk-clients.js'
import { ChunkedBody } from './chunked-body.js'
import { startUpstream } from './upstream.js'
import {
  DEFAULT_PLAN,
  MARKER,
  MODEL_ID,
  STREAM_HEAD,
  toConversePost,
  toHttpChunk,
  toOpenAiBody,
  toStampedChunk,
  toStreamReply,
  toTextFrame,
  type UpstreamPlan,
} from './wire.js'

const input = { modelId: MODEL_ID, messages: [{ role: 'user' as const, content: [{ text: 'hello' }] }] }

/** What the AWS SDK makes of one streamed reply. */
async function decode(plan: UpstreamPlan) {
  const upstream = await startUpstream()
  const client = runtimeClient({ url: `http://127.0.0.1:${upstream.port}` })
  upstream.setPlan(plan)
  try {
    const { stream } = await client.send(new ConverseStreamCommand(input))
    const names: string[] = []
    const texts: string[] = []
    for await (const event of stream ?? []) {
      names.push(...Object.keys(event))
      if (event.contentBlockDelta !== undefined) texts.push(event.contentBlockDelta.delta?.text ?? '')
    }
    return { names, texts }
  } finally {
    client.destroy()
    await upstream.close()
  }
}

const PLANS: readonly { readonly what: string; readonly plan: UpstreamPlan }[] = [
  { what: 'as fast as it comes, one event per chunk', plan: { ...DEFAULT_PLAN, events: 500 } },
  { what: 'as fast as it comes, many per chunk', plan: { ...DEFAULT_PLAN, events: 500, eventsPerChunk: 37 } },
  { what: 'at a steady pace', plan: { ...DEFAULT_PLAN, events: 20, eventsPerSecond: 200 } },
  { what: 'after a wait', plan: { ...DEFAULT_PLAN, events: 3, firstTokenDelayMs: 10 } },
]

for (const { what, plan } of PLANS) {
  test(`a stream ${what} decodes to exactly the events that were asked for`, async () => {
    const { names, texts } = await decode(plan)
    assert.equal(texts.length, plan.events)
    assert.ok(texts.every((text) => text.startsWith(MARKER.toString()) && text.length === 20))
    assert.equal(names[0], 'messageStart')
    assert.deepEqual(names.slice(-3), ['contentBlockStop', 'messageStop', 'metadata'])
    assert.equal(names.length, plan.events + 4)
  })
}

test('an answer that is not streamed has the asked length for the AWS SDK', async () => {
  const upstream = await startUpstream()
  const client = runtimeClient({ url: `http://127.0.0.1:${upstream.port}` })
  try {
    const { output } = await client.send(new ConverseCommand(input))
    assert.equal(output?.message?.content?.[0]?.text?.length, DEFAULT_PLAN.answerBytes)
  } finally {
    client.destroy()
    await upstream.close()
  }
})

test("bedrockd's own decoder reads the same events out of a reply as the AWS SDK", async () => {
  const plan = { ...DEFAULT_PLAN, events: 40, eventsPerChunk: 7 }
  const chunks: Buffer[] = []
  const body = new ChunkedBody((content) => chunks.push(content))
  body.push(toStreamReply(plan).subarray(STREAM_HEAD.length))
  const { events, thrown, pendingBytes } = decodeEvents(chunks)
  assert.equal(thrown, null)
  assert.equal(pendingBytes, 0)
  const { names, texts } = await decode(plan)
  assert.deepEqual(
    events.map(({ type }) => type),
    names,
  )
  const ownTexts = events.flatMap((event) =>
    event.type === 'contentBlockDelta' ? [event.payload.delta?.text] : [],
  )
  assert.deepEqual(ownTexts, texts)
})

test('both protocols ask for the same chat, with a prompt of the asked length', () => {
  const asked = toConversePost(true, 2_500).toString()
  const converse = JSON.parse(asked.slice(asked.indexOf('\r\n\r\n'))) as {
    readonly messages: readonly [{ readonly content: readonly [{ readonly text: string }] }]
    readonly system: readonly [{ readonly text: string }]
  }
  const openai = JSON.parse(toOpenAiBody(true, 2_500)) as {
    readonly messages: readonly [{ readonly content: string }, { readonly content: string }]
  }
  assert.equal(openai.messages[1].content.length, 2_500)
  assert.equal(converse.messages[0].content[0].text, openai.messages[1].content)
  assert.equal(converse.system[0].text, openai.messages[0].content)
})

test('a POST names the length of its body, however its characters are encoded', () => {
  const head = toConversePost(false, 100).toString()
  const body = head.slice(head.indexOf('\r\n\r\n') + 4)
  assert.match(head, new RegExp(`content-length: ${Buffer.byteLength(body)}\\r\\n`))
})

test('a stamped event is the one that is encoded with that stamp', () => {
  for (const stampUs of [0, 7, 12_345_678, 99_999_999]) {
    assert.deepEqual(toStampedChunk(stampUs), toHttpChunk(toTextFrame(stampUs)))
  }
})
