import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createScriptedBackend, makeFolder, startDaemon, toModel } from './backend.js'

const PROGRAM = fileURLToPath(new URL('../../src/admin/bedrockctl.js', import.meta.url))

interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the program with nothing in its environment but what the test names. */
function run(argv: readonly string[], environment: Record<string, string> = {}): Promise<Run> {
  return new Promise((resolve) => {
    const options = { env: { HOME: '/nonexistent', ...environment }, timeout: 30_000 }
    execFile(process.execPath, [PROGRAM, ...argv], options, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, out, err })
    })
  })
}

/** A process that takes connections and says nothing, or something that is not HTTP. */
async function startMute(context: TestContext, words?: string): Promise<string> {
  const socketPath = join(makeFolder(context), 'admin.sock')
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    if (words !== undefined) socket.end(words)
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  context.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return socketPath
}

test('status fits on one page and names readiness, listeners, regions and counters', async (context) => {
  const { socketPath } = await startDaemon(context)
  const { code, out, err } = await run(['status', '--socket', socketPath])
  assert.equal(code, 0, err)
  const lines = out.trimEnd().split('\n')
  assert.equal(lines[0], `bedrockd 9.8.7  READY  pid ${process.pid}  up 3h 12m`)
  for (const line of [
    '  chat         127.0.0.1:4000',
    '  images       127.0.0.1:4100',
    '  metrics      -',
    '  credentials  sigv4, expire in 30m',
    '  snapshot     generation 7, next refresh in 2m',
    '  streams      1 of 10000',
    '  memory       123.4 MiB, heap 1.0 MiB',
    'REGION     MODELS  PROFILES  ADVANCED  STATE',
    'us-east-1     126        61  3m ago    IAM denies APPLICATION profiles',
    'eu-west-1       0         0  never     failed 5s ago: deadline passed',
    'blankMessagesRepaired     12',
  ]) {
    assert(lines.includes(line), `"${line}" is missing in\n${out}`)
  }
  assert.doesNotMatch(out, /neverHappened/)
  assert(lines.length < 24)
})

test('status says why the daemon is not ready', async (context) => {
  const backend = createScriptedBackend()
  const { status } = backend
  const readiness = { snapshot: false, credentials: false, draining: true }
  const credentials = { kind: 'none', expiresAtMs: null, problem: 'no provider has any' } as const
  backend.status = () => ({ ...status(), ready: false, readiness, credentials })
  const { socketPath } = await startDaemon(context, backend)
  const { out } = await run(['status', '--socket', socketPath])
  assert.match(out, /NOT READY \(draining, no model snapshot yet, no AWS credentials\)/)
  assert.match(out, /credentials {2}none: no provider has any/)
})

test('models prints a table, one kind with --kind', async (context) => {
  const { socketPath } = await startDaemon(context)
  const all = await run(['models', '--socket', socketPath])
  assert.equal(all.code, 0, all.err)
  assert.match(all.out, /^ID +NAME +KIND +ACCESS +REGIONS +FEATURES\n/)
  assert.match(all.out, /\n3 models\n$/)
  const chat = await run(['models', '--kind', 'chat', '--socket', socketPath])
  assert.match(
    chat.out,
    /amazon.nova-lite-v1:0 +.* chat +ON_DEMAND +us-east-1,eu-west-1 +tools,vision\n\n1 model\n$/,
  )
})

test('models --lessons prints what models were seen to refuse, or that there is nothing', async (context) => {
  const { backend, socketPath } = await startDaemon(context)
  const { code, out } = await run(['models', '--lessons', '--socket', socketPath])
  assert.equal(code, 0)
  assert.match(out, /^MODEL +REFUSES +LEARNED\namazon.nova-lite-v1:0 +stop +1m ago\nx.y +top_p +\ds ago\n$/)
  const json = await run(['models', '--lessons', '--json', '--socket', socketPath])
  assert.deepEqual(JSON.parse(json.out), { lessons: backend.learned })
  backend.learned = []
  assert.match((await run(['models', '--lessons', '--socket', socketPath])).out, /^nothing learned/)
  for (const args of [
    ['status', '--lessons'],
    ['models', '--lessons', '--kind', 'chat'],
  ]) {
    const refused = await run([...args, '--socket', socketPath])
    assert.equal(refused.code, 2)
    assert.match(refused.err, /--lessons/)
  }
})

test('models --forget-lessons unlearns those of one model, or all', async (context) => {
  const { socketPath } = await startDaemon(context)
  const forget = (...args: string[]) => run(['models', '--forget-lessons', ...args, '--socket', socketPath])
  const one = await forget('x.y')
  assert.equal(one.code, 0)
  assert.match(one.out, /^MODEL +IS ASKED AGAIN FOR\nx.y +top_p\n/)
  assert.match((await run(['models', '--lessons', '--socket', socketPath])).out, /stop/)
  const all = await forget('--json')
  assert.equal((JSON.parse(all.out) as { forgotten: readonly unknown[] }).forgotten.length, 1)
  assert.match((await forget()).out, /^nothing to forget/)
  for (const args of [
    ['status', '--forget-lessons'],
    ['models', '--forget-lessons', '--lessons'],
    ['models', '--forget-lessons', 'a', 'b'],
  ]) {
    assert.equal((await run([...args, '--socket', socketPath])).code, 2)
  }
})

test('names with control characters cannot steer the terminal', async (context) => {
  const { backend, socketPath } = await startDaemon(context)
  backend.entries = [{ ...toModel('a.b', 'chat'), name: 'evil\u001b[2Jname\nnext\u202e' }]
  const { out } = await run(['models', '--socket', socketPath])
  assert.match(out, /evil\?\[2Jname\?next\?/)
})

test('streams shows age, size and state, or that there are none', async (context) => {
  const { backend, socketPath } = await startDaemon(context)
  const { out } = await run(['streams', '--socket', socketPath])
  assert.match(out, /stream-1 +amazon.nova-lite-v1:0 +us-east-1 +1m +1234 +5.0 MiB +silent 40ms\n/)
  backend.running = []
  assert.equal((await run(['streams', '--socket', socketPath])).out, 'no open streams\n')
})

test('refresh shows a row for each region and fails only when every region failed', async (context) => {
  const { backend, socketPath } = await startDaemon(context)
  const partly = await run(['refresh', '--socket', socketPath])
  assert.equal(partly.code, 0, partly.err)
  assert.match(partly.out, /us-east-1 +advanced +-\neu-west-1 +failed +deadline passed\n\ngeneration 8\n/)
  const regions = [{ region: 'us-east-1', outcome: 'failed', reason: 'denied' } as const]
  backend.report = async () => ({ generation: 8, regions })
  const failed = await run(['refresh', '--socket', socketPath])
  assert.equal(failed.code, 1)
  assert.match(failed.out, /us-east-1 +failed +denied/)
  const json = await run(['refresh', '--json', '--socket', socketPath])
  assert.equal(json.code, 1)
  assert.deepEqual(JSON.parse(json.out).regions, regions)
})

test('log-level shows and sets', async (context) => {
  const { backend, socketPath } = await startDaemon(context)
  assert.equal((await run(['log-level', '--socket', socketPath])).out, 'log level is info\n')
  assert.equal((await run(['log-level', 'debug', '--socket', socketPath])).out, 'log level set to debug\n')
  assert.equal(backend.level, 'debug')
})

test('drain starts the drain and says what will happen', async (context) => {
  const { backend, socketPath } = await startDaemon(context)
  const { code, out } = await run(['drain', '--socket', socketPath])
  assert.equal(code, 0)
  assert.match(out, /1 stream may finish .*\n.*exits with 0/)
  assert.deepEqual(backend.calls, ['drain'])
})

test('version shows both programs, --version only its own', async (context) => {
  const { socketPath } = await startDaemon(context)
  const both = await run(['version', '--socket', socketPath])
  assert.match(both.out, /^bedrockctl \d+\.\d+\.\d+\S*\nbedrockd {3}9\.8\.7 \(Node v/)
  assert.match((await run(['--version'])).out, /^\d+\.\d+\.\d+\S*\n$/)
})

test('--json prints what the daemon sent, for every command', async (context) => {
  const { socketPath } = await startDaemon(context)
  const members = {
    status: 'snapshot',
    models: 'models',
    streams: 'streams',
    refresh: 'regions',
    'log-level': 'logLevel',
    drain: 'draining',
    version: 'version',
  }
  for (const [command, member] of Object.entries(members)) {
    const { code, out } = await run([command, '--json', '--socket', socketPath])
    assert.equal(code, 0, command)
    assert(member in JSON.parse(out), command)
  }
})

test('what the daemon refuses exits with 1 and its message', async (context) => {
  const { backend, socketPath } = await startDaemon(context)
  backend.report = () => Promise.reject(new Error('the worker died'))
  const { code, out, err } = await run(['refresh', '--socket', socketPath])
  assert.deepEqual({ code, out, err }, { code: 1, out: '', err: 'bedrockctl: the worker died\n' })
})

test('wrong usage exits with 2 and shows the usage', async () => {
  for (const [argv, message] of [
    [[], /a command is missing/],
    [['fly'], /no command "fly"/],
    [['status', 'now'], /"now" is one argument too many/],
    [['status', '--kind', 'chat'], /--kind goes with models/],
    [['models', '--kind', 'video'], /--kind must be one of/],
    [['log-level', 'loud'], /LEVEL must be one of/],
    [['status', '--unknown'], /--unknown/],
    [['status', '--socket', ''], /--socket must be a path/],
    [['status', '--instance', '../x'], /--instance must be/],
  ] as const) {
    const { code, out, err } = await run(argv)
    assert.equal(code, 2, argv.join(' '))
    assert.equal(out, '')
    assert.match(err, message)
    assert.match(err, /usage: bedrockctl/)
  }
  const help = await run(['--help'])
  assert.equal(help.code, 0)
  assert.match(help.out, /^usage: bedrockctl/)
})

test('no daemon exits with 3, names every place and how to start', async (context) => {
  const folder = makeFolder(context)
  const environment = {
    HOME: folder,
    XDG_RUNTIME_DIR: join(folder, 'run'),
    RUNTIME_DIRECTORY: join(folder, 'unit'),
  }
  const { code, out, err } = await run(['status'], environment)
  assert.equal(code, 3)
  assert.equal(out, '')
  for (const place of ['unit/admin.sock', 'run/bedrockd/admin.sock', '.local/state/bedrockd/admin.sock']) {
    assert(err.includes(`${folder}/${place} (no such file)`), err)
  }
  assert.match(err, /\/run\/bedrockd\/admin.sock/)
  assert.match(err, /systemctl start bedrockd/)
})

test('a file that is no socket exits with 3', async (context) => {
  const path = join(makeFolder(context), 'file')
  writeFileSync(path, '')
  const { code, err } = await run(['status', '--socket', path])
  assert.equal(code, 3)
  assert(err.includes(path), err)
})

test('the first place that answers is used', async (context) => {
  const { socketPath } = await startDaemon(context)
  const environment = { RUNTIME_DIRECTORY: '/nonexistent', STATE_DIRECTORY: join(socketPath, '..') }
  const { code, err } = await run(['version'], environment)
  assert.equal(code, 0, err)
})

test('BEDROCKD_ADMIN_SOCKET is used, --socket goes before it, and --instance behind it with a remark', async (context) => {
  const { socketPath } = await startDaemon(context)
  const named = { BEDROCKD_ADMIN_SOCKET: socketPath }
  assert.equal((await run(['version'], named)).code, 0)
  assert.equal((await run(['version', '--socket', '/nonexistent/x.sock'], named)).code, 3)
  const both = await run(['version', '--instance', '1'], named)
  assert.equal(both.code, 0)
  assert.match(both.err, /BEDROCKD_ADMIN_SOCKET is set and wins/)
  const instance = await run(['version', '--instance', 'none-such'])
  assert.match(instance.err, /\/run\/bedrockd\/none-such\/admin.sock/)
})

test('a daemon that takes the connection and never answers exits with 3', async (context) => {
  const socketPath = await startMute(context)
  const { code, err } = await run(['status', '--socket', socketPath])
  assert.equal(code, 3)
  assert.match(err, /no answer within 10 s/)
})

test('something else on the socket exits with 3 or 1, never with a stack trace', async (context) => {
  const foreign = await run(['status', '--socket', await startMute(context, 'SSH-2.0-OpenSSH\r\n')])
  assert.equal(foreign.code, 3)
  const body = '{"surprise":1}'
  const other = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  const strange = await run(['status', '--socket', await startMute(context, other)])
  assert.equal(strange.code, 1)
  assert.match(strange.err, /another version/)
  assert.doesNotMatch(foreign.err + strange.err, /\n {4}at /)
})
