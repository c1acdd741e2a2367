import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type WatchedLoopDelay, watchLoop } from './watched-loop.js'

/** Holds its loop for as long as each line of its input says. */
const SCRIPT = `
process.stdin.on('data', (line) => {
  const endMs = performance.now() + Number(line)
  while (performance.now() < endMs);
  setTimeout(() => console.log('done'), 20)
})
console.log('ready')`

test('a held loop shows in what is read of it, once', async () => {
  const watched = watchLoop()
  const child = spawn(process.execPath, [...watched.nodeOptions, '-e', SCRIPT], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    await once(child.stdout, 'data')
    let begun: WatchedLoopDelay | null = null
    while (begun === null) {
      await sleep(20)
      begun = await watched.read()
    }
    child.stdin.write('2000\n')
    await once(child.stdout, 'data')
    const held = await watched.read()
    assert.ok(held !== null && held.maxMs >= 1_900, `${held?.maxMs} ms`)
    const after = await watched.read()
    assert.ok(after !== null && after.maxMs < held.maxMs, `${after?.maxMs} ms`)
  } finally {
    child.kill()
    watched.close()
  }
})

test('a process without a monitor has no figures', async () => {
  const watched = watchLoop()
  assert.equal(await watched.read(), null)
  watched.close()
})
