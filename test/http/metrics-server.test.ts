import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetricsServer } from '../../src/http/metrics-server.js'
import { createMetrics } from '../../src/metrics.js'

const loopback = { host: '127.0.0.1', port: 0 }
const newMetrics = () =>
  createMetrics({ streamsOpen: () => 2, connectionsOpen: () => 3, embeddingInputsWaiting: () => 0 })

test('the metrics server answers GET and HEAD /metrics, and 404 or 405 for the rest', async (t) => {
  const server = createMetricsServer(loopback, newMetrics())
  const base = `http://127.0.0.1:${await server.listen()}`
  t.after(() => server.close())
  const scraped = await fetch(`${base}/metrics?name[]=x`)
  assert.equal(scraped.status, 200)
  assert.match(scraped.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  assert.match(await scraped.text(), /^bedrockd_streams_open 2$/m)
  const head = await fetch(`${base}/metrics`, { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.ok(Number(head.headers.get('content-length')) > 1000)
  assert.equal((await fetch(`${base}/`)).status, 404)
  assert.equal((await fetch(`${base}/metrics/x`)).status, 404)
  const post = await fetch(`${base}/metrics`, { method: 'POST', body: 'x'.repeat(100_000) })
  assert.equal(post.status, 405)
  assert.equal(post.headers.get('allow'), 'GET, HEAD')
})

test('listen rejects where the address is taken', async (t) => {
  const first = createMetricsServer(loopback, newMetrics())
  const port = await first.listen()
  t.after(() => first.close())
  const second = createMetricsServer({ host: '127.0.0.1', port }, newMetrics())
  await assert.rejects(second.listen(), { code: 'EADDRINUSE' })
  await second.close()
})

test('close ends kept connections, frees the port, and may come before listen', async () => {
  const server = createMetricsServer(loopback, newMetrics())
  const port = await server.listen()
  await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  await server.close()
  await assert.rejects(fetch(`http://127.0.0.1:${port}/metrics`))
  await createMetricsServer(loopback, newMetrics()).close()
})
