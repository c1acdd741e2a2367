import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, createReadStream, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLogDestination } from '../src/log-destination.js'

/** What stands in the file once everything is flushed. */
async function written(lines: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-log-'))
  const file = join(folder, 'log')
  const descriptor = openSync(file, 'w')
  try {
    const destination = createLogDestination(descriptor)
    for (const line of lines) destination.write(line)
    await new Promise<void>((resolve, reject) => {
      destination.flush((error) => (error ? reject(error) : resolve()))
    })
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(descriptor)
    rmSync(folder, { recursive: true })
  }
}

test('every line arrives whole and in order, however many are gathered', async () => {
  const lines = Array.from(
    { length: 3_000 },
    (_, index) => `{"line":${index},"text":"${'x'.repeat(index % 97)}"}\n`,
  )
  assert.equal(await written(lines), lines.join(''))
})

test('text beyond ASCII keeps its characters where a block ends in it', async () => {
  const lines = Array.from({ length: 2_000 }, (_, index) => `${index} äöü € 😀\n`)
  assert.equal(await written(lines), lines.join(''))
})

test('a line that is larger than a block comes between its neighbours', async () => {
  const lines = ['before\n', `${'é'.repeat(40_000)}\n`, 'after\n']
  assert.equal(await written(lines), lines.join(''))
})

test('lines that wait for a reader take their own bytes, and arrive in order once it reads', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] })
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-log-'))
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  // Both ends, so that opening it waits for nobody: until somebody reads, it takes 64 KB.
  const descriptor = openSync(pipe, 'r+')
  const destination = createLogDestination(descriptor)
  const lines = [`${'x'.repeat(100_000)}\n`, ...Array.from({ length: 1_000 }, (_, index) => `${index}\n`)]
  const before = process.memoryUsage().arrayBuffers
  for (const line of lines) {
    destination.write(line)
    context.mock.timers.tick(100)
  }
  const waiting = process.memoryUsage().arrayBuffers - before
  const expected = lines.join('')
  const reader = createReadStream(pipe)
  let read = ''
  for await (const part of reader) {
    read += part
    if (read.length >= expected.length) break
  }
  closeSync(descriptor)
  rmSync(folder, { recursive: true })
  assert.equal(read, expected)
  assert.ok(waiting < 5 * 1024 * 1024, `${waiting} bytes waited for ${expected.length} of lines`)
})
