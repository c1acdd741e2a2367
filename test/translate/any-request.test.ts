import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { skipWithout } from '../shared.js'
import { chatBody } from './arbitrary-request.js'
import { converseModels, emulatedModel, openAiTargets } from './emulated-models.js'
import { assertConverse, assertOpenAi, send, serviceModelPath, surroundings } from './send-body.js'

/** More for a long run: `ANY_REQUEST_RUNS=300000`. */
const RUNS = Number(process.env['ANY_REQUEST_RUNS'] ?? 4_000)

test('any request becomes one that its model takes, or a refusal that names the field', {
  skip: skipWithout(serviceModelPath),
}, () => {
  assert.ok(converseModels().length >= 30)
  let taken = 0
  fc.assert(
    fc.property(emulatedModel, chatBody, surroundings, (model, body, around) => {
      const sent = send(model.target, body, around)
      if (sent === null) return
      taken += 1
      assertConverse(sent, model)
    }),
    { numRuns: RUNS },
  )
  // What is refused shows nothing of the translation.
  assert.ok(taken > 0.7 * RUNS, `${taken} of ${RUNS} were taken`)
})

test('any request becomes one that a native OpenAI endpoint takes, or a refusal that names the field', () => {
  const targets = openAiTargets()
  assert.deepEqual(new Set(targets.map(({ dialect }) => dialect)).size, 2)
  let taken = 0
  const runs = Math.ceil(RUNS / 4)
  fc.assert(
    fc.property(fc.constantFrom(...targets), chatBody, surroundings, (target, body, around) => {
      const sent = send(target, body, around)
      if (sent === null) return
      taken += 1
      assertOpenAi(sent)
    }),
    { numRuns: runs },
  )
  assert.ok(taken > 0.6 * runs, `${taken} of ${runs} were taken`)
})
