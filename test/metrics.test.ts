import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../src/metrics.js'
import { createRepairTally, REPAIRS, type Repair } from '../src/translate/repairs.js'

const idle = { streamsOpen: () => 0, connectionsOpen: () => 0, embeddingInputsWaiting: () => 0 }
const request = { route: 'chat', status: 200, durationSeconds: 0.3, firstByteSeconds: null }

async function exposed(metrics: ReturnType<typeof createMetrics>): Promise<readonly string[]> {
  return (await metrics.expose()).text.split('\n')
}

test('counters with known labels are there from the start with 0', async () => {
  const metrics = createMetrics(idle)
  assert.deepEqual(metrics.snapshotCounters(), {
    'tokens.input': 0,
    'tokens.output': 0,
    'images.generation': 0,
    'images.edit': 0,
    'images.chat': 0,
    ...Object.fromEntries(Object.values(REPAIRS).map((repair) => [`sanitized.${repair}`, 0])),
    'refreshes.advanced': 0,
    'refreshes.unchanged': 0,
    'refreshes.adopted': 0,
    'refreshes.held-back': 0,
    'refreshes.failed': 0,
    'stream_endings.stop': 0,
    'stream_endings.error': 0,
    'stream_endings.client-gone': 0,
  })
  assert.ok((await exposed(metrics)).includes('bedrockd_stream_endings_total{ending="client-gone"} 0'))
})

test('what was counted is in the snapshot and in the text for Prometheus, also when asked twice', async () => {
  const metrics = createMetrics({
    streamsOpen: () => 7,
    connectionsOpen: () => 9,
    embeddingInputsWaiting: () => 11,
  })
  metrics.countRequest(request)
  metrics.countRequest({ ...request, firstByteSeconds: 0.2 })
  metrics.countRequest({ ...request, status: 429 })
  metrics.countTokens({ input: 10, output: 3 })
  metrics.countTokens({ input: 1, output: 0 })
  metrics.countPictures('edit', 2)
  metrics.countPictures('edit', 1)
  metrics.countUpstreamError('ThrottlingException')
  metrics.countRefresh('held-back')
  metrics.countStreamEnding('error')
  metrics.countEmbeddingThrottle('us-east-1 cohere.embed-v4:0')
  const counters = metrics.snapshotCounters()
  assert.equal(counters['requests.chat.200'], 2)
  assert.equal(counters['requests.chat.429'], 1)
  assert.equal(counters['tokens.input'], 11)
  assert.equal(counters['tokens.output'], 3)
  assert.equal(counters['images.edit'], 3)
  assert.equal(counters['upstream_errors.ThrottlingException'], 1)
  assert.equal(counters['refreshes.held-back'], 1)
  assert.equal(counters['stream_endings.error'], 1)
  await metrics.expose()
  const lines = await exposed(metrics)
  for (const line of [
    'bedrockd_requests_total{route="chat",status="200"} 2',
    'bedrockd_requests_total{route="chat",status="429"} 1',
    'bedrockd_tokens_total{direction="input"} 11',
    'bedrockd_images_total{kind="edit"} 3',
    'bedrockd_upstream_errors_total{type="ThrottlingException"} 1',
    'bedrockd_refreshes_total{outcome="held-back"} 1',
    'bedrockd_stream_endings_total{ending="error"} 1',
    'bedrockd_embedding_throttles_total{lane="us-east-1 cohere.embed-v4:0"} 1',
    'bedrockd_embedding_inputs_waiting 11',
    'bedrockd_streams_open 7',
    'bedrockd_connections_open 9',
    'bedrockd_request_duration_seconds_count 3',
    'bedrockd_request_duration_seconds_bucket{le="0.1"} 0',
    'bedrockd_request_duration_seconds_bucket{le="0.5"} 3',
    'bedrockd_time_to_first_byte_seconds_count 1',
  ]) {
    assert.ok(lines.includes(line), `${line} is missing`)
  }
})

test('each repair of a history has a counter of its own', () => {
  const metrics = createMetrics(idle)
  const repairs = Object.keys(REPAIRS) as Repair[]
  const tally = createRepairTally()
  repairs.forEach((repair, index) => {
    tally[repair] = index + 1
  })
  metrics.countSanitized(tally)
  const counters = metrics.snapshotCounters()
  assert.equal(counters['sanitized.blank_parts_dropped'], 1)
  assert.deepEqual(
    Object.entries(counters).filter(([name]) => name.startsWith('sanitized.')),
    repairs.map((repair, index) => [`sanitized.${REPAIRS[repair]}`, index + 1]),
  )
})

test('endless kinds of errors end up in one series', async () => {
  const metrics = createMetrics(idle)
  for (let index = 0; index < 2_000; index += 1) metrics.countUpstreamError(`Error${index}`)
  metrics.countUpstreamError('Error3')
  const counters = metrics.snapshotCounters()
  const series = Object.keys(counters).filter((name) => name.startsWith('upstream_errors.'))
  assert.equal(series.length, 501)
  assert.equal(counters['upstream_errors.Error3'], 2)
  assert.equal(counters['upstream_errors.other'], 1_500)
})

test("two sets of metrics do not share numbers, and Node's own are there", async () => {
  const first = createMetrics(idle)
  first.countStreamEnding('stop')
  const second = createMetrics(idle)
  assert.equal(second.snapshotCounters()['stream_endings.stop'], 0)
  assert.ok((await exposed(second)).some((line) => line.startsWith('process_resident_memory_bytes ')))
})
