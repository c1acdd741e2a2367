import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recordingsDir, skipWithout } from '../shared.js'
import { buildCatalogue } from './catalogue.js'

const RAW_LISTING = join(recordingsDir, 'catalog/list-foundation-models.us-east-1.2025-12-31.json')

test('buildCatalogue: a row has the members of a recorded row, and `converse` those of a recorded one', {
  skip: skipWithout(RAW_LISTING),
}, () => {
  assert(existsSync(RAW_LISTING))
  const recording = JSON.parse(readFileSync(RAW_LISTING, 'utf8')) as {
    response: { json: { modelSummaries: { converse: object | null }[] } }
  }
  const recorded = recording.response.json.modelSummaries
  const members = (row: object | null | undefined) => Object.keys(row ?? {}).sort()
  const { models } = buildCatalogue('us-east-1')
  for (const model of models) assert.deepEqual(members(model), members(recorded[0]))
  const withFacts = (rows: readonly { converse?: unknown }[]) =>
    rows.find((row) => row.converse !== null)?.converse
  assert.deepEqual(members(withFacts(models) as object), members(withFacts(recorded) as object))
})

test('buildCatalogue: every profile-only model has a profile in its region, named by prefix and model id', () => {
  for (const region of [
    'us-east-1',
    'eu-west-1',
    'il-central-1',
    'ap-northeast-1',
    'ap-southeast-2',
    'ca-west-1',
  ]) {
    const { models, profiles } = buildCatalogue(region)
    const only = models.filter((row) => row.inferenceTypesSupported?.join() === 'INFERENCE_PROFILE')
    assert(only.length > 5)
    for (const { modelId, modelArn } of only) {
      assert(
        profiles.some((row) => row.inferenceProfileId.endsWith(`.${modelId}`)),
        `${region} ${modelId}`,
      )
      assert(modelArn.startsWith(`arn:aws:bedrock:${region}::`))
    }
  }
})

test('buildCatalogue: modelsCount pads the listing with numbered models and cuts it', () => {
  assert.equal(buildCatalogue('us-east-1', { modelsCount: 126 }).models.length, 126)
  assert.equal(buildCatalogue('us-east-1', { modelsCount: 3 }).models.length, 3)
  const ids = buildCatalogue('us-east-1', { modelsCount: 500 }).models.map((row) => row.modelId)
  assert.equal(new Set(ids).size, 500)
})
