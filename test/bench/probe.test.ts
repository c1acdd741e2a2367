import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { addOmitted, runProbe } from './probe.js'

test('a reply that took longer than the interval stands for those that could not be sent', () => {
  assert.deepEqual(addOmitted([3, 35], 10), [3, 35, 25, 15, 5])
  assert.deepEqual(addOmitted([10], 10), [10])
  assert.deepEqual(addOmitted([], 10), [])
})

test('a server that holds back its replies shows in the samples', async () => {
  const server = createServer((_request, response) => setTimeout(() => response.end('ok'), 50))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { samplesMs } = await runProbe({ port, intervalMs: 10, warmupMs: 50, windowMs: 500 })
  server.closeAllConnections()
  server.close()
  const longest = samplesMs.at(-1) ?? 0
  assert.ok(longest >= 49, `${longest} ms`)
  assert.ok(samplesMs.length >= 10, `${samplesMs.length} samples`)
  assert.deepEqual(
    samplesMs,
    [...samplesMs].sort((a, b) => a - b),
  )
})
