import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Contender, Running } from './contender.js'
import { runLoad } from './load.js'
import { listPeers } from './peers.js'
import { findFreePort, treeOf } from './processes.js'
import { startUpstream } from './upstream.js'
import { DEFAULT_PLAN } from './wire.js'

/** A gateway of somebody else: takes one path, one key and one model name, and passes the upstream's stream through. */
const FAKE_PEER = `
import { createServer, request } from 'node:http'
createServer((asked, answer) => {
  const parts = []
  asked.on('data', (part) => parts.push(part)).on('end', () => {
    if (asked.method !== 'POST') return answer.end('here')
    const { model } = JSON.parse(Buffer.concat(parts))
    const accepted = asked.url === '/api/chat?x=1' && asked.headers.authorization === 'Bearer sesame'
    if (!accepted || model !== 'claude' || asked.headers['x-upstream'] !== process.env.UPSTREAM_URL)
      return answer.writeHead(401).end('no')
    const path = '/model/' + process.env.AWS_REGION + '/converse-stream'
    request(process.env.UPSTREAM_URL + path, { method: 'POST' }, (reply) => reply.pipe(answer)).end()
  })
}).listen(Number(process.env.FAKE_PORT), '127.0.0.1')
`

function find(environment: NodeJS.ProcessEnv): Contender {
  const [peer, ...others] = listPeers(environment)
  assert.ok(peer !== undefined)
  assert.deepEqual(others, [])
  return peer
}

async function start(context: TestContext, contender: Contender, upstreamPort: number): Promise<Running> {
  const awsEnvironment = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'a' }
  const running = await contender.start({ upstreamPort, awsEnvironment, core: null, profileDir: null })
  context.after(() => running.stop())
  return running
}

test('a peer is started by its command, asked with its headers and model, and ended with its children', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-peer-'))
  context.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'peer.mjs'), FAKE_PEER)
  const upstream = await startUpstream()
  context.after(() => upstream.close())
  upstream.setPlan({ ...DEFAULT_PLAN, events: 4 })
  const port = await findFreePort()
  const peer = find({
    // Two commands: the shell stays, and the server is its child.
    BENCH_PEER_FAKE_COMMAND: `cd ${folder} && FAKE_PORT=${port} ${process.execPath} peer.mjs; true`,
    BENCH_PEER_FAKE_URL: `http://127.0.0.1:${port}/api/chat?x=1`,
    BENCH_PEER_FAKE_NAME: 'Fake Peer',
    BENCH_PEER_FAKE_MODEL: 'claude',
    BENCH_PEER_FAKE_HEADERS: `{"authorization":"Bearer sesame","x-upstream":"\${UPSTREAM_URL}"}`,
  })
  assert.equal(peer.name, 'Fake Peer')
  assert.equal(peer.missing, null)
  const running = await start(context, peer, upstream.port)
  const members = treeOf(running.pid ?? 0)
  assert.equal(members.length, 2)
  const result = await runLoad({
    port: running.port,
    request: running.request(true, 100).toString('base64'),
    connections: 2,
    warmupMs: 50,
    windowMs: 200,
    eventsExpected: 4,
    pid: running.pid,
  })
  assert.equal(result.failures, 0, String(result.failure))
  assert.ok(result.replies > 0)
  await running.stop()
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`))
})

test('a peer without a name has that of its variables; without a URL it is missing', () => {
  const peer = find({ BENCH_PEER_LITELLM_COMMAND: 'true' })
  assert.equal(peer.name, 'litellm')
  assert.match(String(peer.missing), /^BENCH_PEER_LITELLM_URL is not set/)
})

test('a peer that is told wrong is missing, and says which variable is to blame', () => {
  const command = { BENCH_PEER_A_COMMAND: 'true' }
  for (const url of ['nonsense', 'https://127.0.0.1:4000/', 'http://10.0.0.1:4000/'])
    assert.match(
      String(find({ ...command, BENCH_PEER_A_URL: url }).missing),
      /^BENCH_PEER_A_URL must be like http:/,
    )
  for (const headers of ['{', '[]', '{"a":1}'])
    assert.match(
      String(
        find({ ...command, BENCH_PEER_A_URL: 'http://127.0.0.1:1/', BENCH_PEER_A_HEADERS: headers }).missing,
      ),
      /^BENCH_PEER_A_HEADERS must be a JSON object of strings/,
    )
})

test('a peer that ends at once is not started, and its last words say why', async (context) => {
  const peer = find({
    BENCH_PEER_A_COMMAND: 'echo broken pipe organ >&2; exit 3',
    BENCH_PEER_A_URL: `http://127.0.0.1:${await findFreePort()}/`,
  })
  await assert.rejects(start(context, peer, 1), /did not start: broken pipe organ/)
})

test('another server on its port is not taken for a peer', async (context) => {
  const other = await startUpstream()
  context.after(() => other.close())
  const peer = find({
    BENCH_PEER_A_COMMAND: 'sleep 60',
    BENCH_PEER_A_URL: `http://127.0.0.1:${other.port}/`,
  })
  await assert.rejects(start(context, peer, other.port), /another server answers on port \d+/)
})

test('a header that names no variable stops the start', async (context) => {
  const peer = find({
    BENCH_PEER_A_COMMAND: 'true',
    BENCH_PEER_A_URL: 'http://127.0.0.1:1/',
    BENCH_PEER_A_HEADERS: `{"a":"\${NO_SUCH_VARIABLE_HERE}"}`,
  })
  await assert.rejects(start(context, peer, 1), /\$\{NO_SUCH_VARIABLE_HERE\} in a header: no such variable/)
})
