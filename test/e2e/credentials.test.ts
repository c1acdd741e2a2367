import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RefreshReport, Status } from '../../src/admin/types.js'
import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator/emulator.js'
import { afterwards } from './afterwards.js'
import { assertComplete, eventually, postChat, readError, readStream } from './chat.js'
import { type Daemon, startDaemon } from './daemon.js'

type Environment = Readonly<Record<string, string>>

async function start(
  t: TestContext,
  options: { readonly emulator?: EmulatorOptions; readonly environment: (emulator: Emulator) => Environment },
): Promise<{ emulator: Emulator; daemon: Daemon }> {
  const emulator = await startEmulator(options.emulator)
  afterwards(t, () => emulator.close())
  const environment = options.environment(emulator)
  const daemon = await startDaemon({ emulator: { environment }, waitReady: false })
  afterwards(t, () => daemon.kill())
  return { emulator, daemon }
}

/** How to reach the emulator, without anything that convinces it. */
function endpointsOf({ environment }: Emulator): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => name.startsWith('AWS_ENDPOINT_URL') || name === 'AWS_REGION',
    ),
  )
}

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-test-'))
  afterwards(t, () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function writeProfile(
  file: string,
  { environment }: Emulator,
  secret = environment['AWS_SECRET_ACCESS_KEY'],
): void {
  const keyId = environment['AWS_ACCESS_KEY_ID']
  writeFileSync(file, `[team]\naws_access_key_id = ${keyId}\naws_secret_access_key = ${secret}\n`)
}

async function assertServes(daemon: Daemon): Promise<void> {
  await eventually(async () => (await fetch(`${daemon.url}/readyz`)).status === 200, 'readiness', 30_000)
  assertComplete(await readStream(await postChat(daemon.url, { stream: true })), { usage: false })
  assert.equal((await postChat(daemon.url)).status, 200)
}

const status = async (daemon: Daemon): Promise<Status> => (await daemon.admin('/status')) as Status

// Each test waits for a daemon of its own most of the time.
suite('credentials', { concurrency: 4 }, () => {
  test('none at all: the daemon starts, says so once, is not ready, and chats are told the cause', async (t) => {
    const daemon = await startDaemon()
    afterwards(t, () => daemon.kill())
    await daemon.waitForLine((line) => line['msg'] === 'aws credentials missing')
    const readiness = await fetch(`${daemon.url}/readyz`)
    assert.equal(readiness.status, 503)
    assert.equal(((await readiness.json()) as { credentials: boolean }).credentials, false)
    assert.equal((await fetch(`${daemon.url}/healthz`)).status, 200)
    for (const stream of [true, false]) {
      const error = await readError(await postChat(daemon.url, { stream }), 503)
      assert.equal(error.code, 'aws_credentials')
      assert.match(error.message, /credentials/i)
    }
    // Long enough for several more attempts.
    await sleep(4_000)
    assert.equal(daemon.lines.filter((line) => line['msg'] === 'aws credentials missing').length, 1)
    assert.equal((await status(daemon)).credentials.kind, 'none')
    assert.ok((await status(daemon)).credentials.problem)
  })

  test('a bearer token is all that is needed, for both planes', async (t) => {
    const { emulator, daemon } = await start(t, {
      emulator: { bearerToken: 'a-bedrock-api-key' },
      environment: (emulator) => ({
        ...endpointsOf(emulator),
        AWS_BEARER_TOKEN_BEDROCK: 'a-bedrock-api-key',
      }),
    })
    await assertServes(daemon)
    assert.ok(emulator.requests.length >= 5)
    for (const { headers } of emulator.requests)
      assert.equal(headers['authorization'], 'Bearer a-bedrock-api-key')
    assert.equal((await status(daemon)).credentials.kind, 'bearer')
  })

  test('a wrong bearer token is a 503 that names the cause, not a 401 that blames the client', async (t) => {
    const { daemon } = await start(t, {
      environment: (emulator) => ({ ...endpointsOf(emulator), AWS_BEARER_TOKEN_BEDROCK: 'wrong' }),
    })
    const error = await eventually(async () => {
      const response = await postChat(daemon.url, { stream: true })
      const found = await readError(response, 503)
      return found.code === 'aws_credentials' && /refused/.test(found.message) && found
    }, 'the refusal')
    t.diagnostic(error.message)
  })

  test('a session token is sent and signed', async (t) => {
    const { emulator, daemon } = await start(t, {
      emulator: { sessionToken: 'session-token-1' },
      environment: ({ environment }) => environment,
    })
    await assertServes(daemon)
    assert.ok(emulator.requests.every(({ headers }) => headers['x-amz-security-token'] === 'session-token-1'))
    assert.ok(emulator.requests.every(({ refusal }) => refusal === null))
  })

  test('credentials that appear after the start are found', async (t) => {
    const folder = newFolder(t)
    const file = join(folder, 'credentials')
    const { emulator, daemon } = await start(t, {
      environment: (emulator) => ({
        ...endpointsOf(emulator),
        AWS_PROFILE: 'team',
        AWS_SHARED_CREDENTIALS_FILE: file,
        AWS_CONFIG_FILE: join(folder, 'config'),
        BEDROCKD_MODEL_REFRESH_SECONDS: '1',
      }),
    })
    await daemon.waitForLine((line) => line['msg'] === 'aws credentials missing')
    writeProfile(file, emulator)
    await assertServes(daemon)
    await daemon.waitForLine((line) => line['msg'] === 'aws credentials resolved')
  })

  test('credentials that AWS refuses are replaced once new ones are there', async (t) => {
    const folder = newFolder(t)
    const file = join(folder, 'credentials')
    const { emulator, daemon } = await start(t, {
      environment: (emulator) => {
        writeProfile(file, emulator, 'an-old-secret')
        return {
          ...endpointsOf(emulator),
          AWS_PROFILE: 'team',
          AWS_SHARED_CREDENTIALS_FILE: file,
          AWS_CONFIG_FILE: join(folder, 'config'),
          BEDROCKD_MODEL_REFRESH_SECONDS: '1',
        }
      },
    })
    await eventually(async () => {
      const error = await readError(await postChat(daemon.url), 503)
      return error.code === 'aws_credentials' && /refused/.test(error.message)
    }, 'the refusal')
    writeProfile(file, emulator)
    await eventually(async () => {
      const response = await postChat(daemon.url)
      await response.text()
      return response.status === 200
    }, 'the recovery of chats')
    await assertServes(daemon)
  })

  test('a credential_process that fails means no credentials; what it wrote is not repeated', async (t) => {
    const folder = newFolder(t)
    const { daemon } = await start(t, {
      environment: (emulator) => {
        const script = join(folder, 'fail.mjs')
        writeFileSync(script, `console.error('SECRETWORDS'); process.exit(3)`)
        const command = `${process.execPath} ${script} SECRETARGUMENT`
        writeFileSync(join(folder, 'config'), `[profile team]\ncredential_process = ${command}\n`)
        return {
          ...endpointsOf(emulator),
          AWS_PROFILE: 'team',
          AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
          AWS_CONFIG_FILE: join(folder, 'config'),
          BEDROCKD_LOG_LEVEL: 'trace',
        }
      },
    })
    await daemon.waitForLine((line) => line['msg'] === 'aws credentials missing')
    const error = await readError(await postChat(daemon.url), 503)
    assert.match(error.message, /Could not load credentials/)
    assert.doesNotMatch(error.message + daemon.output() + JSON.stringify(await status(daemon)), /SECRET/)
  })

  test('a credential_process that hangs is given up, and one that works later serves chats and listings', async (t) => {
    const folder = newFolder(t)
    const hangs = join(folder, 'hangs')
    const script = join(folder, 'issue.mjs')
    writeFileSync(hangs, '')
    const { daemon } = await start(t, {
      environment: (emulator) => {
        const issue = credentialProcess(emulator, join(folder, 'calls'))
        writeFileSync(
          script,
          // A minute is for ever here, and leaves nothing behind on the machine that runs this.
          `import { existsSync } from 'node:fs'
if (existsSync(${JSON.stringify(hangs)})) await new Promise((resolve) => setTimeout(resolve, 60_000))
${issue}`,
        )
        writeFileSync(
          join(folder, 'config'),
          `[profile team]\ncredential_process = ${process.execPath} ${script}\n`,
        )
        return {
          ...endpointsOf(emulator),
          AWS_PROFILE: 'team',
          AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
          AWS_CONFIG_FILE: join(folder, 'config'),
          BEDROCKD_REFRESH_DEADLINE_SECONDS: '2',
          BEDROCKD_MODEL_REFRESH_SECONDS: '1',
        }
      },
    })
    await daemon.waitForLine((line) => line['msg'] === 'aws credentials missing')
    const error = await readError(await postChat(daemon.url), 503)
    assert.equal(error.code, 'aws_credentials')
    assert.match(error.message, /did not end in time/)
    rmSync(hangs)
    await eventually(async () => (await status(daemon)).ready, 'the recovery', 20_000)
    await assertServes(daemon)
  })

  test('credentials that expire are renewed ahead of time, never per request', async (t) => {
    const folder = newFolder(t)
    const calls = join(folder, 'calls')
    const script = join(folder, 'issue.mjs')
    writeFileSync(calls, '')
    const { daemon } = await start(t, {
      environment: (emulator) => {
        writeFileSync(script, credentialProcess(emulator, calls))
        writeFileSync(
          join(folder, 'config'),
          `[profile team]\ncredential_process = ${process.execPath} ${script}\n`,
        )
        return {
          ...endpointsOf(emulator),
          AWS_PROFILE: 'team',
          AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
          AWS_CONFIG_FILE: join(folder, 'config'),
        }
      },
    })
    await assertServes(daemon)
    const first = (await status(daemon)).credentials.expiresAtMs
    assert.ok(first !== null)
    const before = readFileSync(calls, 'utf8').length
    for (let round = 0; round < 20; round += 1) assert.equal((await postChat(daemon.url)).status, 200)
    await eventually(
      async () => ((await status(daemon)).credentials.expiresAtMs ?? 0) > first,
      'the renewal',
      15_000,
    )
    assert.ok(Date.now() < first, 'the renewal must come before the end')
    const more = readFileSync(calls, 'utf8').length - before
    assert.ok(more <= 4, `asked ${more} more times during 20 requests`)
    assert.equal((await postChat(daemon.url)).status, 200)
  })

  test('credentials are renewed and lists refreshed also after the control thread went, being idle', async (t) => {
    const folder = newFolder(t)
    const script = join(folder, 'issue.mjs')
    const { daemon } = await start(t, {
      environment: (emulator) => {
        // Renewed at half of their life, which is after the thread's idle time.
        writeFileSync(script, credentialProcess(emulator, join(folder, 'calls'), 24_000))
        writeFileSync(
          join(folder, 'config'),
          `[profile team]\ncredential_process = ${process.execPath} ${script}\n`,
        )
        return {
          ...endpointsOf(emulator),
          AWS_PROFILE: 'team',
          AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
          AWS_CONFIG_FILE: join(folder, 'config'),
        }
      },
    })
    await assertServes(daemon)
    const { expiresAtMs } = (await status(daemon)).credentials
    const withThread = threadsOf(daemon)
    await eventually(() => threadsOf(daemon) < withThread, 'the end of the idle thread', 30_000)
    const { regions } = (await daemon.admin('/refresh', 'POST')) as RefreshReport
    assert.deepEqual(
      regions.map(({ outcome }) => outcome),
      ['unchanged'],
    )
    await eventually(
      async () => ((await status(daemon)).credentials.expiresAtMs ?? 0) > (expiresAtMs ?? 0),
      'the renewal',
      30_000,
    )
    assert.equal((await postChat(daemon.url)).status, 200)
  })
})

function threadsOf({ pid }: Daemon): number {
  return readdirSync(`/proc/${pid}/task`).length
}

/** Issues credentials for some time, and writes one byte for each time it is asked. */
function credentialProcess({ environment }: Emulator, calls: string, lifeMs = 8_000): string {
  return `import { appendFileSync } from 'node:fs'
appendFileSync(${JSON.stringify(calls)}, '.')
console.log(JSON.stringify({
  Version: 1,
  AccessKeyId: ${JSON.stringify(environment['AWS_ACCESS_KEY_ID'])},
  SecretAccessKey: ${JSON.stringify(environment['AWS_SECRET_ACCESS_KEY'])},
  Expiration: new Date(Date.now() + ${lifeMs}).toISOString(),
}))
`
}
