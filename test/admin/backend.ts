import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type AdminServer, createAdminServer } from '../../src/admin/server.js'
import type { AdminBackend, LessonInfo, RefreshReport, Status, StreamInfo } from '../../src/admin/types.js'
import type { ModelEntry } from '../../src/catalog/types.js'
import { chatTarget } from '../translate/chat-target.js'

/** A daemon with two regions, three models and one stream, whose parts a test may replace. */
export interface ScriptedBackend extends AdminBackend {
  readonly calls: string[]
  level: string
  report: () => Promise<RefreshReport>
  entries: readonly ModelEntry[]
  running: readonly StreamInfo[]
  learned: readonly LessonInfo[]
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']
const CAPABILITIES = { ...chatTarget().capabilities, maxOutputTokens: null }

export function toModel(id: string, kind: ModelEntry['kind']): ModelEntry {
  return {
    id,
    name: `Name of ${id}`,
    kind,
    ownedBy: 'amazon',
    regions: ['us-east-1', 'eu-west-1'],
    access: 'ON_DEMAND',
    foundationId: id,
    legacy: false,
    capabilities: CAPABILITIES,
  }
}

export function createScriptedBackend(): ScriptedBackend {
  const backend: ScriptedBackend = {
    calls: [],
    level: 'info',
    entries: [
      toModel('amazon.nova-lite-v1:0', 'chat'),
      toModel('amazon.titan-image', 'image'),
      toModel('x.e', 'embedding'),
    ],
    learned: [
      { model: 'amazon.nova-lite-v1:0', parameter: 'stop', learnedAtMs: Date.now() - 65_000 },
      { model: 'x.y', parameter: 'top_p', learnedAtMs: Date.now() - 5000 },
    ],
    running: [
      {
        id: 'stream-1',
        model: 'amazon.nova-lite-v1:0',
        region: 'us-east-1',
        startedAtMs: Date.now() - 65_000,
        events: 1234,
        bytes: 5 * 1024 * 1024,
        paused: false,
        silentForMs: 40,
      },
    ],
    report: async () => ({
      generation: 8,
      regions: [
        { region: 'us-east-1', outcome: 'advanced', reason: null },
        { region: 'eu-west-1', outcome: 'failed', reason: 'deadline passed' },
      ],
    }),
    status: () => toStatus(backend),
    models: () => backend.entries,
    lessons: () => backend.learned,
    async forgetLessons(model) {
      const forgotten = backend.learned.filter((lesson) => model === null || lesson.model === model)
      backend.learned = backend.learned.filter((lesson) => !forgotten.includes(lesson))
      return forgotten
    },
    streams: () => backend.running,
    refresh() {
      backend.calls.push('refresh')
      return backend.report()
    },
    setLogLevel(level) {
      if (!LEVELS.includes(level))
        throw new RangeError(`level must be one of ${LEVELS.join(', ')}, got "${level}"`)
      backend.level = level
    },
    drain() {
      backend.calls.push('drain')
    },
  }
  return backend
}

function toStatus(backend: ScriptedBackend): Status {
  const nowMs = Date.now()
  return {
    name: 'bedrockd',
    version: '9.8.7',
    pid: process.pid,
    startedAtMs: nowMs - 11_530_000,
    uptimeSeconds: 11_530,
    ready: true,
    readiness: { snapshot: true, credentials: true, draining: false },
    listen: { chat: '127.0.0.1:4000', images: '127.0.0.1:4100', metrics: null },
    logLevel: backend.level,
    credentials: { kind: 'sigv4', expiresAtMs: nowMs + 1_830_000, problem: null },
    snapshot: {
      generation: 7,
      refreshing: false,
      nextRefreshAtMs: nowMs + 125_000,
      regions: [
        {
          region: 'us-east-1',
          models: 126,
          profiles: 61,
          mantleModels: 5,
          advancedAtMs: nowMs - 185_000,
          lastFailure: null,
          heldBack: false,
          deniedProfileTypes: ['APPLICATION'],
        },
        {
          region: 'eu-west-1',
          models: 0,
          profiles: 0,
          mantleModels: 0,
          advancedAtMs: null,
          lastFailure: { atMs: nowMs - 5000, reason: 'deadline passed' },
          heldBack: false,
          deniedProfileTypes: [],
        },
      ],
    },
    streams: { open: backend.running.length, max: 10_000 },
    connections: { open: 3, max: 20_000 },
    counters: { blankMessagesRepaired: 12, neverHappened: 0 },
    memory: { rssBytes: 129_394_278, heapUsedBytes: 1_048_576 },
  }
}

/** A folder that goes when the test ends. */
export function makeFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-admin-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface Daemon {
  readonly backend: ScriptedBackend
  readonly socketPath: string
  readonly server: AdminServer
}

/** The admin server of a scripted daemon, listening in a folder of its own. */
export async function startDaemon(context: TestContext, backend = createScriptedBackend()): Promise<Daemon> {
  const socketPath = join(makeFolder(context), 'admin.sock')
  const server = createAdminServer({ socketPath, backend, version: '9.8.7' })
  await server.listen()
  context.after(() => server.close())
  return { backend, socketPath, server }
}
