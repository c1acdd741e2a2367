import type { ModelEntry } from '../catalog/types.js'
import type { Command } from './arguments.js'
import type { AdminRequest } from './client.js'
import {
  isRefreshFailed,
  toForgottenPage,
  toLessonsPage,
  toModelsPage,
  toRefreshPage,
  toStatusPage,
  toStreamsPage,
} from './pages.js'
import type { LessonInfo, RefreshReport, Status, StreamInfo } from './types.js'

/** Commands that ask the daemon. */
export type DaemonCommand = Exclude<Command, { type: 'help' | 'own-version' }>

const ANSWER_TIMEOUT_MS = 10_000
/** Listing 31 regions page by page, with retries, can take minutes. */
const REFRESH_TIMEOUT_MS = 300_000

/** What a command asks of the daemon. */
export function toAdminRequest(command: DaemonCommand): AdminRequest {
  const timeoutMs = ANSWER_TIMEOUT_MS
  switch (command.type) {
    case 'status':
    case 'lessons':
    case 'streams':
    case 'version':
      return { method: 'GET', path: `/${command.type}`, timeoutMs }
    case 'models':
      return { method: 'GET', path: `/models?kind=${command.kind}`, timeoutMs }
    case 'forget-lessons': {
      const query = command.model === null ? '' : `?model=${encodeURIComponent(command.model)}`
      return { method: 'DELETE', path: `/lessons${query}`, timeoutMs }
    }
    case 'refresh':
      return { method: 'POST', path: '/refresh', timeoutMs: REFRESH_TIMEOUT_MS }
    case 'drain':
      return { method: 'POST', path: '/drain', timeoutMs }
    case 'log-level':
      return command.level === null
        ? { method: 'GET', path: '/log-level', timeoutMs }
        : { method: 'PUT', path: '/log-level', body: { level: command.level }, timeoutMs }
    default:
      command satisfies never
      throw new TypeError('unknown command')
  }
}

/** The daemon's answer for people, and whether it means that the command failed. */
export interface Outcome {
  readonly lines: readonly string[]
  readonly failed: boolean
}

/** Throws a `TypeError` where the answer lacks members: a daemon of another version. */
export function toOutcome(
  command: DaemonCommand,
  text: string,
  own: { version: string; nowMs: number },
): Outcome {
  const done = (lines: readonly string[]): Outcome => ({ lines, failed: false })
  switch (command.type) {
    case 'status':
      return done(toStatusPage(parseAnswer<Status>(text), own.nowMs))
    case 'models':
      return done(toModelsPage(parseAnswer<{ models: ModelEntry[] }>(text).models))
    case 'lessons':
      return done(toLessonsPage(parseAnswer<{ lessons: LessonInfo[] }>(text).lessons, own.nowMs))
    case 'forget-lessons':
      return done(toForgottenPage(parseAnswer<{ forgotten: LessonInfo[] }>(text).forgotten))
    case 'streams':
      return done(toStreamsPage(parseAnswer<{ streams: StreamInfo[] }>(text).streams, own.nowMs))
    case 'refresh': {
      const report = parseAnswer<RefreshReport>(text)
      return { lines: toRefreshPage(report), failed: isRefreshFailed(report) }
    }
    case 'log-level': {
      const { logLevel } = parseAnswer<{ logLevel: string }>(text)
      return done([`log level ${command.level === null ? 'is' : 'set to'} ${logLevel}`])
    }
    case 'drain':
      return done(toDrainLines(parseAnswer<{ openStreams: number }>(text).openStreams))
    case 'version': {
      const { version, node, pid } = parseAnswer<{ version: string; node: string; pid: number }>(text)
      return done([`bedrockctl ${own.version}`, `bedrockd   ${version} (Node ${node}, pid ${pid})`])
    }
    default:
      command satisfies never
      throw new TypeError('unknown command')
  }
}

function toDrainLines(openStreams: number): string[] {
  const streams = openStreams === 1 ? '1 stream' : `${openStreams} streams`
  return [
    `draining: /readyz says 503, no new requests are taken, ${streams} may finish (BEDROCKD_DRAIN_SECONDS),`,
    'then bedrockd exits with 0. Under systemd it stays stopped: `systemctl start` brings it back.',
  ]
}

/** The one place that trusts the daemon's JSON: both sides come from the same release. */
function parseAnswer<Answer>(text: string): Answer {
  return JSON.parse(text) as Answer
}
