import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { InvokeModelCommand, type InvokeModelCommandInput } from '@aws-sdk/client-bedrock-runtime'
import { awsDir, skipWithout } from '../shared.js'
import { type Emulator, startEmulator } from './emulator.js'
import { runtimeClient } from './sdk-clients.js'

const CORE = 'stability.stable-image-core-v1:1'
const CANVAS = 'amazon.nova-canvas-v1:0'
const guardrail = { blockedWords: ['weather'], message: 'Guardrail blocked the input.' }
const named = { guardrailIdentifier: 'guardrail1234', guardrailVersion: 'DRAFT' }

let emulator: Emulator
before(async () => {
  emulator = await startEmulator()
})
afterEach(() => emulator.reset())
after(() => emulator.close())

async function draw(
  prompt: string,
  options: Partial<InvokeModelCommandInput> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const canvas = { taskType: 'TEXT_IMAGE', textToImageParams: { text: 'a fox', negativeText: prompt } }
  const body = JSON.stringify(options.modelId === CANVAS ? canvas : { prompt })
  const reply = await runtimeClient(emulator).send(
    new InvokeModelCommand({ modelId: CORE, body, contentType: 'application/json', ...options }),
  )
  return JSON.parse(reply.body.transformToString()) as Readonly<Record<string, unknown>>
}

const ACTION = 'amazon-bedrock-guardrailAction'

test('InvokeModel: a guardrail stops a prompt with a blocked word, and no picture is in the reply', async () => {
  emulator.set({ guardrail })
  for (const modelId of [CORE, CANVAS]) {
    const reply = await draw('fine Weather', { ...named, modelId, trace: 'ENABLED' })
    assert.equal(reply[ACTION], 'INTERVENED')
    assert.equal(reply['images'], undefined)
    assert.match(JSON.stringify(reply['amazon-bedrock-trace']), /"match":"weather"/)
  }
})

test('InvokeModel: a guardrail that minds nothing says so beside the pictures', async () => {
  emulator.set({ guardrail })
  const reply = await draw('a fox', named)
  assert.equal(reply[ACTION], 'NONE')
  assert.equal(reply['amazon-bedrock-trace'], undefined)
  assert.equal((reply['images'] as readonly string[]).length, 1)
  const unguarded = await draw('weather')
  assert.equal(unguarded[ACTION], undefined)
  assert.equal((unguarded['images'] as readonly string[]).length, 1)
})

test('InvokeModel: a guardrail that is not there, or has no version, is refused', async () => {
  await assert.rejects(draw('a fox', named), /guardrail identifier or version .* does not exist/)
  emulator.set({ guardrail })
  await assert.rejects(draw('a fox', { guardrailIdentifier: 'guardrail1234' }), /ValidationException|version/)
})

test('InvokeModel: headers of another form than the service model has are refused', {
  skip: skipWithout(join(awsDir, 'bedrock-runtime.service-2.json')),
}, async () => {
  emulator.set({ guardrail })
  for (const [wrong, member] of [
    [{ ...named, guardrailIdentifier: 'Not an id' }, 'guardrailIdentifier'],
    [{ ...named, guardrailVersion: '0' }, 'guardrailVersion'],
    [{ ...named, trace: 'enabled' as 'ENABLED' }, 'trace'],
  ] as const) {
    await assert.rejects(draw('a fox', wrong), new RegExp(`at '${member}' failed to satisfy constraint`))
  }
})
