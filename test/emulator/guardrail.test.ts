import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { type Emulator, startEmulator } from './emulator.js'
import { runtimeClient } from './sdk-clients.js'

let emulator: Emulator
before(async () => {
  emulator = await startEmulator()
})
afterEach(() => emulator.reset())
after(() => emulator.close())

const guardrail = { blockedWords: ['weather'], message: 'Guardrail blocked the input.' }
const guardrailConfig = {
  guardrailIdentifier: 'guardrail1234',
  guardrailVersion: 'DRAFT',
  trace: 'enabled',
} as const
const chat = (text: string) => ({
  modelId: 'amazon.nova-lite-v1:0',
  messages: [{ role: 'user' as const, content: [{ text }] }],
})

test('guardrail: a blocked word is answered with the configured message, no tokens and a trace (recording 193)', async () => {
  emulator.set({ guardrail })
  const reply = await runtimeClient(emulator).send(
    new ConverseCommand({ ...chat('What is the Weather like?'), guardrailConfig }),
  )
  assert.equal(reply.stopReason, 'guardrail_intervened')
  assert.deepEqual(reply.output?.message?.content, [{ text: guardrail.message }])
  assert.equal(reply.usage?.totalTokens, 0)
  assert.equal(reply.trace?.guardrail?.actionReason, 'Guardrail blocked.')
})

test('guardrail: in a stream the trace comes with the metadata (recording 194)', async () => {
  emulator.set({ guardrail })
  const reply = await runtimeClient(emulator).send(
    new ConverseStreamCommand({ ...chat('weather'), guardrailConfig }),
  )
  const events = []
  for await (const event of reply.stream ?? []) events.push(event)
  assert.equal(events.at(-2)?.messageStop?.stopReason, 'guardrail_intervened')
  assert.equal(events.at(-1)?.metadata?.trace?.guardrail?.actionReason, 'Guardrail blocked.')
})

test('guardrail: other words, and requests that name no guardrail, reach the model', async () => {
  emulator.set({ guardrail })
  const client = runtimeClient(emulator)
  const passed = await client.send(new ConverseCommand({ ...chat('Hello'), guardrailConfig }))
  assert.deepEqual(passed.output?.message?.content, [{ text: 'You said: Hello' }])
  assert.equal(passed.trace?.guardrail?.actionReason, 'No action.')
  const unguarded = await client.send(new ConverseCommand(chat('weather')))
  assert.equal(unguarded.stopReason, 'end_turn')
  assert.equal(unguarded.trace, undefined)
})
