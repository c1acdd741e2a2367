import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isInstalled } from './processes.js'
import { startUpstream, type Upstream } from './upstream.js'
import { DEFAULT_PLAN, toConversePost, toConverseReply, toStreamReply } from './wire.js'
import { runWrk } from './wrk.js'

let upstream: Upstream
before(async () => {
  upstream = await startUpstream()
})
after(() => upstream.close())

function toLoad(stream: boolean, eventsExpected: number) {
  const request = toConversePost(stream, 2_500).toString('base64')
  return {
    port: upstream.port,
    request,
    connections: 4,
    warmupMs: 0,
    windowMs: 1_000,
    eventsExpected,
    pid: null,
  }
}

test('wrk asks for what the load generator asks for, and takes whole replies', async () => {
  if (!isInstalled('wrk')) {
    await assert.rejects(runWrk(toLoad(true, 20), null))
    return
  }
  const plan = { ...DEFAULT_PLAN, events: 20, eventsPerChunk: 3 }
  upstream.setPlan(plan)
  for (const { stream, events, reply } of [
    { stream: true, events: 20, reply: toStreamReply(plan) },
    { stream: false, events: 0, reply: toConverseReply(plan) },
  ]) {
    const result = await runWrk(toLoad(stream, events), null)
    assert.equal(result.failures, 0, String(result.failure))
    assert.ok(result.replies > 0)
    assert.equal(result.events, result.replies * events)
    // Of replies under way at the end it counts the bytes, not the reply.
    const unfinished = result.bytes - result.replies * reply.length
    assert.ok(unfinished >= 0 && unfinished <= 4 * reply.length, `${unfinished} bytes too many`)
  }
})

test('a run without an upstream has no figures', async () => {
  const gone = await startUpstream()
  await gone.close()
  const nowhere = { ...toLoad(false, 0), port: gone.port }
  await assert.rejects(runWrk(nowhere, null))
})
