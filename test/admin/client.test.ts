import assert from 'node:assert/strict'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { toAdvice } from '../../src/admin/advice.js'
import { askDaemon } from '../../src/admin/client.js'
import { makeFolder } from './backend.js'

const NOBODY = 65_534

/** Root may use every socket: such a test asks as nobody. */
async function withoutRoot<Result>(ask: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) return await ask()
  process.seteuid?.(NOBODY)
  try {
    return await ask()
  } finally {
    process.seteuid?.(0)
  }
}

test('a socket behind a closed folder is reported as denied, with the group to join', async (context) => {
  const folder = join(makeFolder(context), 'closed')
  mkdirSync(folder)
  chmodSync(folder, 0)
  const path = join(folder, 'admin.sock')
  const reply = await withoutRoot(() =>
    askDaemon(path, { method: 'GET', path: '/status', timeoutMs: 10_000 }),
  )
  assert.deepEqual(reply, { type: 'unreachable', code: 'EACCES' })
  const { lines, denied } = toAdvice([{ path, code: 'EACCES' }], [])
  assert.equal(denied, true)
  assert(lines.includes(`  ${path} (permission denied)`))
  assert.match(lines.join(' '), /usermod -aG bedrockd/)
})

test('toAdvice names the instances that have a folder', () => {
  const { lines, denied } = toAdvice([{ path: '/run/bedrockd/admin.sock', code: 'ENOENT' }], ['1', '2'])
  assert.equal(denied, false)
  assert.match(lines.join(' '), /Instances with a folder: 1 2; name one with --instance/)
})
