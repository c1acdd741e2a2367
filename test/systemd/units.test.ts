import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../admin/backend.js'

const UNITS = ['bedrockd.service', 'bedrockd@.service'] as const
/** In tenths, as `--threshold` takes it: 1.5. */
const EXPOSURE_MAX = 15

interface Run {
  readonly code: number | string
  readonly output: string
}

function run(program: string, argv: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(program, [...argv], { timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : (error.code ?? 'killed'), output: out + err })
    })
  })
}

const hasAnalyze = (await run('systemd-analyze', ['--version'])).code === 0
const hasSysusers = (await run('systemd-sysusers', ['--version'])).code === 0

/** The values of one setting, in order. */
function readSetting(unit: string, name: string): string[] {
  const lines = readFileSync(join('systemd', unit), 'utf8').split('\n')
  return lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1))
}

/** Copies both units; the program stands in for a bedrockd that is not installed here. */
function copyUnits(folder: string): string[] {
  return UNITS.map((unit) => {
    const text = readFileSync(join('systemd', unit), 'utf8')
    assert.match(text, /^ExecStart=\/usr\/bin\/bedrockd$/m)
    const path = join(folder, unit)
    writeFileSync(path, text.replace('ExecStart=/usr/bin/bedrockd', 'ExecStart=/bin/true'))
    return path
  })
}

test('systemd-analyze verify has nothing to say about the units', {
  skip: !hasAnalyze && 'systemd-analyze absent',
}, async (context) => {
  const { code, output } = await run('systemd-analyze', ['verify', ...copyUnits(makeFolder(context))])
  assert.deepEqual({ code, output }, { code: 0, output: '' })
})

test('both units have an exposure of at most 1.5', {
  skip: !hasAnalyze && 'systemd-analyze absent',
}, async (context) => {
  for (const path of copyUnits(makeFolder(context))) {
    const argv = ['security', '--offline=true', '--no-pager', `--threshold=${EXPOSURE_MAX}`, path]
    const { code, output } = await run('systemd-analyze', argv)
    assert.equal(code, 0, output)
    assert.match(output, /Overall exposure level/)
  }
})

test('sysusers makes the user and the group', {
  skip: !hasSysusers && 'systemd-sysusers absent',
}, async (context) => {
  const root = makeFolder(context)
  mkdirSync(join(root, 'etc'))
  const users = await run('systemd-sysusers', [
    `--root=${root}`,
    join(process.cwd(), 'systemd/bedrockd.sysusers'),
  ])
  assert.equal(users.code, 0, users.output)
  assert.match(
    readFileSync(join(root, 'etc/passwd'), 'utf8'),
    /^bedrockd:.*:\/var\/lib\/bedrockd:\/usr\/sbin\/nologin$/m,
  )
  assert.match(readFileSync(join(root, 'etc/group'), 'utf8'), /^bedrockd:/m)
})

test('both units harden alike and differ only where an instance must', () => {
  const read = (unit: string) =>
    readFileSync(join('systemd', unit), 'utf8')
      .split('\n')
      .filter((line) => /^\w+=/.test(line))
  const [single, instance] = UNITS.map(read)
  assert(single && instance)
  assert.deepEqual(
    single.filter((line) => !instance.includes(line)),
    [
      'Description=OpenAI API in front of Amazon Bedrock',
      'RuntimeDirectory=bedrockd',
      'RuntimeDirectoryPreserve=yes',
    ],
  )
  assert.deepEqual(
    instance.filter((line) => !single.includes(line)),
    [
      'Description=OpenAI API in front of Amazon Bedrock, process %i',
      'Environment=BEDROCKD_REUSE_PORT=true',
      'EnvironmentFile=-/etc/bedrockd/bedrockd-%i.env',
      'RuntimeDirectory=bedrockd/%i',
    ],
  )
})

test('a missing keys file has a default, without which the unit would not start', () => {
  for (const unit of UNITS) {
    assert.deepEqual(readSetting(unit, 'LoadCredential'), ['api-keys:/etc/bedrockd/api-keys'])
    assert.deepEqual(readSetting(unit, 'SetCredential'), ['api-keys:\\n'])
    assert(readSetting(unit, 'Environment').includes('BEDROCKD_API_KEYS_FILE=%d/api-keys'))
  }
})
