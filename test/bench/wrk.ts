import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Load, LoadResult } from './load.js'
import { spawnOn } from './processes.js'

/**
 * Runs one load by wrk, which sees statuses and whole replies, but no events. The bench uses it as a second opinion on
 * what the upstream can do, not for the contenders: of requests that are not streamed it got 1.05 times what
 * `load.ts` got on the same core, of streams 1.8 to 3.6 times, and there `load.ts` counts each event and still makes
 * three times what a contender does.
 */
export async function runWrk(load: Load, core: number | null): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'bedrockd-bench-wrk-'))
  try {
    const script = join(folder, 'load.lua')
    writeFileSync(script, toScript(Buffer.from(load.request, 'base64')))
    const connections = String(load.connections)
    const url = `http://127.0.0.1:${load.port}`
    // In whole seconds: it takes no others.
    const run = (ms: number): Promise<string> =>
      readOutput(core, ['wrk', '-t1', '-c', connections, '-d', `${Math.ceil(ms / 1000)}s`, '-s', script, url])
    if (load.warmupMs > 0) await run(load.warmupMs)
    return toResult(parseSummary(await run(load.windowMs)), load.eventsExpected)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const WRITTEN_BY_WRK: ReadonlySet<string> = new Set(['host', 'content-length'])

/** The request in wrk's own variables, from which it builds the bytes once, and a last line of figures. */
function toScript(request: Buffer): string {
  const headEnd = request.indexOf('\r\n\r\n')
  const [requestLine = '', ...headers] = request.toString('latin1', 0, headEnd).split('\r\n')
  const [method = '', path = ''] = requestLine.split(' ')
  const lines = headers.flatMap((line) => {
    const [name = '', value = ''] = line.split(': ')
    return WRITTEN_BY_WRK.has(name) ? [] : [`wrk.headers[${toLuaString(name)}] = ${toLuaString(value)}`]
  })
  return `
wrk.method = ${toLuaString(method)}
wrk.path = ${toLuaString(path)}
${lines.join('\n')}
wrk.body = ${toLuaString(request.subarray(headEnd + 4))}
function done(summary)
  local errors = summary.errors
  io.write(string.format("summary %d %d %d %d %d\\n", summary.duration, summary.requests, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
`
}

function toLuaString(text: string | Buffer): string {
  const escaped = [...Buffer.from(text)].map((byte) => `\\${String(byte).padStart(3, '0')}`)
  return `"${escaped.join('')}"`
}

async function readOutput(core: number | null, command: readonly [string, ...string[]]): Promise<string> {
  const child = spawnOn(core, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const parts: Buffer[] = []
  child.stdout?.on('data', (part: Buffer) => parts.push(part))
  await once(child, 'close')
  return Buffer.concat(parts).toString()
}

interface Summary {
  readonly durationUs: number
  readonly requests: number
  readonly bytes: number
  readonly statusErrors: number
  readonly socketErrors: number
}

function parseSummary(output: string): Summary {
  const found = /^summary (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(output)
  if (found === null) throw new Error(`wrk gave no summary: ${output.slice(-300)}`)
  const [durationUs = 0, requests = 0, bytes = 0, statusErrors = 0, socketErrors = 0] = found
    .slice(1)
    .map(Number)
  return { durationUs, requests, bytes, statusErrors, socketErrors }
}

function toResult(summary: Summary, eventsPerReply: number): LoadResult {
  const failures = summary.statusErrors + summary.socketErrors
  return {
    windowMs: summary.durationUs / 1000,
    replies: summary.requests,
    events: summary.requests * eventsPerReply,
    bytes: summary.bytes,
    failures,
    failure: failures === 0 ? null : `${summary.statusErrors} statuses, ${summary.socketErrors} connections`,
    cpuMs: 0,
    residentBytes: 0,
    latenciesMs: [],
    firstEventsMs: [],
    delaysMs: [],
  }
}
