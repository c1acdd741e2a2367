import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { runtimeClient } from '../emulator/sdk-clients.js'
import { startUpstream } from './upstream.js'
import {
  DEFAULT_PLAN,
  MARKER,
  MODEL_ID,
  toHttpChunk,
  toStampedChunk,
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

test('a stamped event is the one that is encoded with that stamp', () => {
  for (const stampUs of [0, 7, 12_345_678, 99_999_999]) {
    assert.deepEqual(toStampedChunk(stampUs), toHttpChunk(toTextFrame(stampUs)))
  }
})
