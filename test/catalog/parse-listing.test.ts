import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFoundationModels, parseInferenceProfiles } from '../../src/catalog/parse-listing.js'
import {
  recordedModelsBody,
  recordedProfilesBody,
  recordedRawBody,
  withRecordings,
} from './recorded-catalog.js'

test('parseFoundationModels: every row of both recorded listings is read', withRecordings, () => {
  for (const body of [recordedModelsBody(), recordedRawBody()]) {
    const page = parseFoundationModels(body)
    assert.equal(page?.rows.length, 126)
    assert.equal(page?.skipped, 0)
    assert.equal(page?.nextToken, null)
  }
})

test('parseFoundationModels: the undocumented members are kept', withRecordings, () => {
  const rows = parseFoundationModels(recordedRawBody())?.rows ?? []
  assert.equal(rows.filter((row) => row.converse !== null).length, 33)
  const sonnet = rows.find((row) => row.modelId === 'anthropic.claude-sonnet-4-5-20250929-v1:0')
  assert.deepEqual(sonnet?.converse, {
    maxTokensMaximum: 64_000,
    maxTokensDefault: 64_000,
    systemRoleSupported: true,
    reasoningSupported: true,
    userImageTypes: ['jpeg', 'png', 'gif', 'webp'],
    userDocumentTypes: [],
    userVideoTypes: [],
  })
  assert.equal(sonnet?.promptCaching, true)
  assert.equal(sonnet?.latencyOptimized, false)
})

test('parseFoundationModels: unknown enum values stay, missing members get defaults, bad rows are skipped', () => {
  const page = parseFoundationModels({
    modelSummaries: [
      {
        modelId: 'a.b',
        inferenceTypesSupported: ['TELEPATHY', 7],
        inputModalities: ['SMELL'],
        modelLifecycle: {},
      },
      { modelName: 'no id' },
      null,
      'text',
    ],
  })
  assert.equal(page?.skipped, 3)
  const [row] = page?.rows ?? []
  assert.deepEqual(row?.inferenceTypes, ['TELEPATHY'])
  assert.deepEqual(row?.inputModalities, ['SMELL'])
  assert.equal(row?.modelName, 'a.b')
  assert.equal(row?.lifecycle, 'ACTIVE')
  assert.equal(row?.streaming, false)
})

test('both parsers: what is no listing is null, not an empty list', () => {
  for (const body of [null, [], 'text', {}, { modelSummaries: {} }, { inferenceProfileSummaries: null }]) {
    assert.equal(parseFoundationModels(body), null)
    assert.equal(parseInferenceProfiles(body), null)
  }
})

test('parseInferenceProfiles: every recorded row is read and its next page is named', withRecordings, () => {
  const body = { ...(recordedProfilesBody() as object), nextToken: 'more' }
  const page = parseInferenceProfiles(body)
  assert.equal(page?.rows.length, 55)
  assert.equal(page?.skipped, 0)
  assert.equal(page?.nextToken, 'more')
  const row = page?.rows.find(({ id }) => id === 'us.anthropic.claude-3-sonnet-20240229-v1:0')
  assert.equal(row?.type, 'SYSTEM_DEFINED')
  assert.equal(row?.modelArns.length, 2)
})

test('parseInferenceProfiles: a row without id, ARN or known type is skipped', () => {
  const row = { inferenceProfileId: 'x', inferenceProfileArn: 'arn', type: 'APPLICATION' }
  const page = parseInferenceProfiles({
    inferenceProfileSummaries: [row, { ...row, type: 'OTHER' }, { ...row, inferenceProfileId: 1 }],
  })
  assert.equal(page?.skipped, 2)
  assert.deepEqual(page?.rows, [
    { id: 'x', arn: 'arn', name: 'x', type: 'APPLICATION', status: 'ACTIVE', modelArns: [] },
  ])
})
