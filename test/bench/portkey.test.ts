import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { listPortkey, PORTKEY } from './portkey.js'

const LOCK_FILE = new URL('../../../test/bench/peers/package-lock.json', import.meta.url)

test('where Portkey is not installed it is missing, and the reason says how to get it', () => {
  const contenders = listPortkey('/nowhere/start-server.js')
  assert.deepEqual(
    contenders.map(({ name }) => name),
    [PORTKEY, 'Portkey bearer'],
  )
  for (const { missing } of contenders) assert.equal(missing, 'it is not installed (make peers)')
})

test('everything that comes with Portkey is pinned by its hash, from whatever registry npm is set to', () => {
  const { packages } = JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as {
    readonly packages: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  }
  const installed = Object.entries(packages).filter(([path]) => path !== '')
  assert.ok(installed.length > 0)
  for (const [path, { integrity, resolved }] of installed) {
    assert.match(String(integrity), /^sha512-/, path)
    assert.equal(resolved, undefined, path)
  }
  assert.equal(packages['']?.['dependencies'] && Object.keys(packages['']['dependencies']).length, 1)
  assert.equal(packages['node_modules/@portkey-ai/gateway']?.['version'], '1.15.2')
})
