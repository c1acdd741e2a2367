import { type Logger, pino } from 'pino'
import type { LogLevel } from './config.js'
import { type GatewayError, toGatewayError } from './errors.js'
import type { Exchange } from './http/exchange.js'
import { createLogDestination } from './log-destination.js'

const STDOUT = 1

/** JSON lines on stdout, written in the background: a slow reader of the log never holds a request. */
export function createLog(level: LogLevel): Logger {
  return pino({ level, base: { pid: process.pid } }, createLogDestination(STDOUT))
}

/** The method is the client's own text: only known ones are logged. */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
])

/**
 * One line for one request. No text of the client, of a model or of Bedrock is in it: paths are route patterns, errors are
 * codes, and of a Bedrock failure there are its type, status and request id.
 */
export function logRequest(log: Logger, exchange: Exchange, nowMs: number): void {
  const { facts } = exchange
  const line: Record<string, unknown> = {
    requestId: exchange.requestId,
    method: METHODS.has(exchange.method) ? exchange.method : '(other)',
    path: exchange.pattern,
    status: exchange.outcome,
    durationMs: round(nowMs - exchange.startedAtMs),
  }
  if (facts.model !== null) {
    line['model'] = facts.model
    line['region'] = facts.region
    line['streamed'] = facts.streamed
  }
  if (facts.firstByteMs !== null) line['firstByteMs'] = round(facts.firstByteMs)
  if (facts.promptTokens !== null) {
    line['promptTokens'] = facts.promptTokens
    line['completionTokens'] = facts.completionTokens
  }
  if (facts.pictures !== null) line['pictures'] = facts.pictures.count
  if (facts.bedrockRequestId !== null) line['bedrockRequestId'] = facts.bedrockRequestId
  if (exchange.clientGone) line['clientGone'] = true
  if (facts.error !== null) line['error'] = toErrorFacts(facts.error)
  if (facts.error !== null && facts.error.status >= 500) log.warn(line, 'request failed')
  else log.info(line, 'request')
}

/** What may be logged of an error: never its message, which may repeat what a client or Bedrock said. */
export function toErrorFacts(cause: unknown): object {
  const error = toGatewayError(cause)
  return {
    code: error.code,
    ...(error.param === null ? {} : { param: toPlainParam(error) }),
    ...(error.upstream === null ? {} : { upstream: error.upstream }),
    ...(error.code === 'internal_error' ? { stack: toFrames(error.cause) } : {}),
  }
}

/** Field paths are our words and indexes, as long as they stay in that alphabet. */
function toPlainParam(error: GatewayError): string {
  return /^[A-Za-z0-9_.[\]-]{1,200}$/.test(error.param ?? '') ? (error.param ?? '') : '(field)'
}

/** The name and the places of an error, without its message. */
function toFrames(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause
  const frames = (cause.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  return [cause.name, ...frames].join('\n')
}

const round = (ms: number): number => Math.round(ms * 100) / 100
