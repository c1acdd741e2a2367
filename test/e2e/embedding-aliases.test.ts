import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Emulator, startEmulator } from '../emulator/emulator.js'
import { type Daemon, startDaemon } from './daemon.js'

const ALIASES = `
aliases:
  small: { model: amazon.titan-embed-text-v2:0, parameters: { dimensions: 256 } }
  finder: { model: cohere.embed-multilingual-v3, parameters: { input_type: search_query, temperature: 0.5 } }
`

const folder = mkdtempSync(join(tmpdir(), 'bedrockd-test-'))
let emulator: Emulator
let daemon: Daemon
before(async () => {
  writeFileSync(join(folder, 'aliases.yaml'), ALIASES)
  emulator = await startEmulator()
  daemon = await startDaemon({ emulator, environment: { BEDROCKD_CONFIG: `${folder}/aliases.yaml` } })
})
after(async () => {
  await daemon?.kill()
  await emulator?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The body of the InvokeModel call that a request became. */
async function embed(body: object): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`${daemon.url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(40_000),
  })
  assert.equal(response.status, 200, (await response.text()).slice(0, 500))
  assert.equal(response.headers.get('x-bedrockd-dropped-params'), null)
  const call = emulator.requests.findLast(({ operation }) => operation === 'InvokeModel')
  return call?.body as Readonly<Record<string, unknown>>
}

for (const [where, inputs] of [
  ['at once', ['a']],
  ['in a worker', Array.from({ length: 40 }, () => 'word '.repeat(1_500))],
] as const) {
  test(`parameters of an alias hold for embeddings where the client says nothing (read ${where})`, async () => {
    assert.equal((await embed({ model: 'small', input: inputs }))['dimensions'], 256)
    assert.equal((await embed({ model: 'small', input: inputs, dimensions: 512 }))['dimensions'], 512)
    const asked = { model: 'finder', input: inputs }
    assert.equal((await embed(asked))['input_type'], 'search_query')
    assert.equal((await embed({ ...asked, task: 'retrieval.passage' }))['input_type'], 'search_document')
  })
}
