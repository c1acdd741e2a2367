import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../admin/backend.js'

interface Run {
  readonly code: number | string
  readonly output: string
}

/** `make node`, the choice that every other target follows; `folder` goes first on PATH. */
function chooseNode(argv: readonly string[], folder?: string): Promise<Run> {
  const { PATH: machinePath } = process.env
  const path = [folder, machinePath].filter((part) => part !== undefined).join(delimiter)
  const env = {
    ...process.env,
    PATH: path,
    MAKEFLAGS: '',
    MAKELEVEL: '',
    USE_NODE: '',
    npm_config_nodedir: '',
  }
  return new Promise((resolve) => {
    execFile('make', ['node', ...argv], { env, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : (error.code ?? 'killed'), output: out + err })
    })
  })
}

/** A `node` that says it is of another version; make asks it nothing else. */
function makeNode(folder: string, { version, modules }: { version: string; modules: string }): void {
  const prefix = join(folder, 'prefix')
  mkdirSync(join(prefix, 'include', 'node'), { recursive: true })
  mkdirSync(join(prefix, 'bin'))
  writeFileSync(join(prefix, 'include', 'node', 'node.h'), '')
  const script = `#!/bin/sh
case "$2" in
  *execPath*) echo '${prefix}/bin/node';;
  *modules*) echo '${modules}';;
  *) echo '${version}';;
esac
`
  writeFileSync(join(prefix, 'bin', 'node'), script)
  chmodSync(join(prefix, 'bin', 'node'), 0o755)
}

const FETCHED = /^node=\.node\/22\.\d+\.\d+-\w+\/bin\/node abi=127 nodedir=\/.*\/\.node\/22\.\d+\.\d+-\w+\n$/

test('Node 20 and 22 serve as they are, with the headers beside them', async (context) => {
  for (const [version, modules] of [
    ['20', '115'],
    ['22', '127'],
  ] as const) {
    const folder = makeFolder(context)
    makeNode(folder, { version, modules })
    const prefix = join(folder, 'prefix')
    const { output } = await chooseNode([], join(prefix, 'bin'))
    assert.equal(output, `node=${prefix}/bin/node abi=${modules} nodedir=${prefix}\n`)
  }
})

test('without headers beside the binary npm is left to find them', async (context) => {
  const folder = makeFolder(context)
  makeNode(folder, { version: '22', modules: '127' })
  const prefix = join(folder, 'prefix')
  rmSync(join(prefix, 'include'), { recursive: true })
  const { output } = await chooseNode([], join(prefix, 'bin'))
  assert.equal(output, `node=${prefix}/bin/node abi=127 nodedir=\n`)
})

test('another Node is passed over for a fetched one', async (context) => {
  for (const version of ['18', '21', '24', '26', '']) {
    const folder = makeFolder(context)
    makeNode(folder, { version, modules: '1' })
    const { output } = await chooseNode([], join(folder, 'prefix', 'bin'))
    assert.match(output, FETCHED)
  }
})

test('USE_NODE=22 asks for the fetched one, other values are refused', async () => {
  assert.match((await chooseNode(['USE_NODE=22'])).output, FETCHED)
  const refused = await chooseNode(['USE_NODE=24'])
  assert.notEqual(refused.code, 0)
  assert.match(refused.output, /USE_NODE must be 22, machine or empty, got 24/)
})
