import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually, within } from './chat.js'

const DEMO = fileURLToPath(new URL('../demo.js', import.meta.url))

for (const [name, environment] of [
  ['without a key', {}],
  ['with the key that it advises for containers', { API_KEY: 'secret' }],
] as const) {
  test(`the demo ${name} streams its answer, tells how to connect, and ends with 0 on Ctrl-C`, async (t) => {
    const demo = spawn(process.execPath, [DEMO], {
      env: {
        PATH: process.env['PATH'] ?? '',
        BEDROCKD_LISTEN: '127.0.0.1:0',
        BEDROCKD_IMAGES_LISTEN: '127.0.0.1:0',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    t.after(() => demo.kill('SIGKILL'))
    let output = ''
    for (const stream of [demo.stdout, demo.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
    }
    const exited = once(demo, 'exit')
    await eventually(
      () => output.includes('Ctrl-C stops it.') || demo.exitCode !== null,
      'the end of the answer',
      20_000,
    )
    assert.match(output, /no AWS account was harmed/)
    assert.match(output, 'API_KEY' in environment ? /Key {2}secret/ : /Key {2}anything/)
    demo.kill('SIGINT')
    assert.deepEqual(await within(exited, 10_000, 'the demo did not end'), [0, null])
  })
}
