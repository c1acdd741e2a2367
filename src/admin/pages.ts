import type { Capabilities, ModelEntry } from '../catalog/types.js'
import { toAge, toDuration, toPlain, toSize, toTable } from './format.js'
import type { LessonInfo, RefreshReport, RegionStatus, Status, StreamInfo } from './types.js'

/** What `bedrockctl status` prints: is it well, what does it hold, what failed. */
export function toStatusPage(status: Status, nowMs: number): string[] {
  return [
    toHeadline(status),
    '',
    ...toFacts(status, nowMs),
    '',
    ...toRegionTable(status.snapshot.regions, nowMs),
    ...toCounterLines(status.counters),
  ]
}

function toHeadline(status: Status): string {
  const uptime = toDuration(status.uptimeSeconds * 1000)
  return `bedrockd ${toPlain(status.version)}  ${toReadiness(status)}  pid ${status.pid}  up ${uptime}`
}

function toReadiness({ ready, readiness }: Status): string {
  if (ready) return 'READY'
  const reasons = [
    readiness.draining ? 'draining' : '',
    readiness.snapshot ? '' : 'no model snapshot yet',
    readiness.credentials ? '' : 'no AWS credentials',
  ].filter((reason) => reason !== '')
  return reasons.length === 0 ? 'NOT READY' : `NOT READY (${reasons.join(', ')})`
}

function toFacts(status: Status, nowMs: number): string[] {
  const { listen, snapshot, streams, connections, memory } = status
  const next = snapshot.refreshing
    ? 'refreshing now'
    : `next refresh ${toAge(snapshot.nextRefreshAtMs, nowMs)}`
  const facts: readonly (readonly [string, string])[] = [
    ['chat', listen.chat],
    ['images', listen.images ?? '-'],
    ['metrics', listen.metrics ?? '-'],
    ['credentials', toCredentials(status.credentials, nowMs)],
    ['snapshot', `generation ${snapshot.generation}, ${next}`],
    ['streams', `${streams.open} of ${streams.max}`],
    ['connections', `${connections.open} of ${connections.max}`],
    ['memory', `${toSize(memory.rssBytes)}, heap ${toSize(memory.heapUsedBytes)}`],
    ['log level', status.logLevel],
  ]
  return facts.map(([name, value]) => `  ${name.padEnd(13)}${toPlain(value)}`)
}

function toCredentials({ kind, expiresAtMs, problem }: Status['credentials'], nowMs: number): string {
  const expiry =
    expiresAtMs === null ? '' : `, ${expiresAtMs > nowMs ? 'expire' : 'expired'} ${toAge(expiresAtMs, nowMs)}`
  return `${kind}${expiry}${problem === null ? '' : `: ${problem}`}`
}

function toRegionTable(regions: readonly RegionStatus[], nowMs: number): string[] {
  const rows = regions.map((region) => [
    region.region,
    String(region.models),
    String(region.profiles),
    region.advancedAtMs === null ? 'never' : toAge(region.advancedAtMs, nowMs),
    toRegionState(region, nowMs),
  ])
  return toTable(
    [
      { title: 'REGION' },
      { title: 'MODELS', align: 'right' },
      { title: 'PROFILES', align: 'right' },
      { title: 'ADVANCED' },
      { title: 'STATE' },
    ],
    rows,
  )
}

function toRegionState(region: RegionStatus, nowMs: number): string {
  const { lastFailure, heldBack, deniedProfileTypes } = region
  const remarks = [
    lastFailure === null ? '' : `failed ${toAge(lastFailure.atMs, nowMs)}: ${lastFailure.reason}`,
    heldBack ? 'held back: the list lost more than half of its models' : '',
    deniedProfileTypes.length === 0 ? '' : `IAM denies ${deniedProfileTypes.join(' and ')} profiles`,
  ].filter((remark) => remark !== '')
  return remarks.join('; ') || 'ok'
}

function toCounterLines(counters: Readonly<Record<string, number>>): string[] {
  // Zeros say nothing at a glance; --json has them.
  const counted = Object.entries(counters).filter(([, count]) => count !== 0)
  const rows = counted.map(([name, count]) => [name, String(count)])
  return rows.length === 0
    ? []
    : ['', ...toTable([{ title: 'COUNTER' }, { title: 'VALUE', align: 'right' }], rows)]
}

/** What `bedrockctl models` prints. */
export function toModelsPage(models: readonly ModelEntry[]): string[] {
  const rows = models.map((model) => [
    model.id,
    model.legacy ? `${model.name} (legacy)` : model.name,
    model.kind,
    model.access,
    model.regions.join(','),
    toFeatures(model.capabilities),
  ])
  const titles = ['ID', 'NAME', 'KIND', 'ACCESS', 'REGIONS', 'FEATURES']
  return [
    ...toTable(
      titles.map((title) => ({ title })),
      rows,
    ),
    '',
    models.length === 1 ? '1 model' : `${models.length} models`,
  ]
}

function toFeatures(capabilities: Capabilities): string {
  const features = [
    capabilities.tools ? 'tools' : '',
    capabilities.imageTypes.length > 0 ? 'vision' : '',
    capabilities.documentTypes.length > 0 ? 'documents' : '',
    capabilities.reasoning !== 'none' ? 'reasoning' : '',
    capabilities.promptCaching !== null ? 'caching' : '',
  ]
  return features.filter((feature) => feature !== '').join(',')
}

/** What `bedrockctl models --lessons` prints. */
export function toLessonsPage(lessons: readonly LessonInfo[], nowMs: number): string[] {
  if (lessons.length === 0) return ['nothing learned: no model has refused a parameter']
  return toTable(
    [{ title: 'MODEL' }, { title: 'REFUSES' }, { title: 'LEARNED' }],
    lessons.map(({ model, parameter, learnedAtMs }) => [model, parameter, toAge(learnedAtMs, nowMs)]),
  )
}

/** What `bedrockctl models --forget-lessons` prints. */
export function toForgottenPage(lessons: readonly LessonInfo[]): string[] {
  if (lessons.length === 0) return ['nothing to forget: `bedrockctl models --lessons` shows what is known']
  return [
    ...toTable(
      [{ title: 'MODEL' }, { title: 'IS ASKED AGAIN FOR' }],
      lessons.map(({ model, parameter }) => [model, parameter]),
    ),
    '',
    'Other daemons on this state directory follow with their next refresh (`bedrockctl refresh`).',
  ]
}

/** What `bedrockctl streams` prints. */
export function toStreamsPage(streams: readonly StreamInfo[], nowMs: number): string[] {
  if (streams.length === 0) return ['no open streams']
  const rows = streams.map((stream) => [
    stream.id,
    stream.model,
    stream.region,
    toDuration(Math.max(0, nowMs - stream.startedAtMs)),
    String(stream.events),
    toSize(stream.bytes),
    stream.paused ? 'waits for the client' : `silent ${toDuration(stream.silentForMs)}`,
  ])
  return toTable(
    [
      { title: 'ID' },
      { title: 'MODEL' },
      { title: 'REGION' },
      { title: 'AGE', align: 'right' },
      { title: 'EVENTS', align: 'right' },
      { title: 'SENT', align: 'right' },
      { title: 'STATE' },
    ],
    rows,
  )
}

/** What `bedrockctl refresh` prints. */
export function toRefreshPage(report: RefreshReport): string[] {
  const rows = report.regions.map(({ region, outcome, reason }) => [region, outcome, reason ?? ''])
  return [
    ...toTable([{ title: 'REGION' }, { title: 'OUTCOME' }, { title: 'REASON' }], rows),
    '',
    `generation ${report.generation}`,
  ]
}

/** True when no region came through: what makes `bedrockctl refresh` exit with 1. */
export function isRefreshFailed(report: RefreshReport): boolean {
  return report.regions.every(({ outcome }) => outcome === 'failed')
}
