import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startEmulator } from '../emulator/emulator.js'
import { askProcess } from './ask-process.js'
import { type Contender, DIRECT, DIRECT_BY_WRK, listContenders, type Running } from './contenders.js'
import {
  formatCharts,
  GROWTH_CONTENDERS,
  GROWTH_ROUNDS_MAX,
  runSweep,
  SWEEPS,
  type SweepResult,
  toCharts,
} from './growth.js'
import { type LoadResult, runLoadIn } from './load.js'
import type { Bench, Measurement } from './measurement.js'
import { MEASUREMENTS } from './measurements/all.js'
import { runProbeIn } from './probe.js'
import { type Cores, findCores, spawnOn, stopProcess } from './processes.js'
import { findOverloaded, formatTable, type Row, ratiosOf, summarize } from './report.js'
import { runRounds, type Started } from './rounds.js'
import { toSvg } from './svg.js'
import { formatVerdicts, judgeTargets } from './targets.js'
import { toUsage } from './usage.js'
import { BEARER_TOKEN, DEFAULT_PLAN } from './wire.js'
import { runWrk } from './wrk.js'

const GROWTH = 'growth'
const WARMUP_MS_MAX = 800

interface Options {
  readonly measurements: readonly Measurement[]
  readonly contenders: readonly Contender[]
  readonly runs: number
  readonly windowMs: number
  readonly profileDir: string | null
  readonly out: string
  readonly svg: string
  readonly growth: boolean
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      contenders: { type: 'string' },
      runs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '1.5' },
      'cpu-prof': { type: 'string' },
      out: { type: 'string', default: 'bench-results.json' },
      svg: { type: 'string', default: 'bench-results.svg' },
      help: { type: 'boolean', default: false },
    },
  })
  const only = values.only?.split(',')
  const named = values.contenders?.split(',')
  const measurements = MEASUREMENTS.filter(({ name }) => only?.includes(name) ?? true)
  const contenders = listContenders(process.env).filter(
    ({ name }) => named?.some((text) => name.includes(text)) ?? true,
  )
  const runs = Number(values.runs)
  const windowMs = Number(values.seconds) * 1000
  const growth = only?.includes(GROWTH) ?? true
  if (values.help || (measurements.length === 0 && !growth)) return null
  if (contenders.length === 0 || !(runs >= 1) || !(windowMs > 0)) return null
  const { out, svg } = values
  return {
    measurements,
    contenders,
    runs,
    windowMs,
    profileDir: values['cpu-prof'] ?? null,
    out,
    svg,
    growth,
  }
}

/** A process of the load side. */
function forkOn(core: number | null, file: string) {
  const main = fileURLToPath(new URL(file, import.meta.url))
  return spawnOn(core, [process.execPath, main], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}

/** Throws when a reply was not what it must be. */
function accept(result: LoadResult): LoadResult {
  if (result.failures > 0) throw new Error(`${result.failures} failures; the first: ${result.failure}`)
  return result
}

/** One line that overwrites itself, where somebody looks. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

function describeMachine(cores: Cores | null) {
  const model = cpus()[0]?.model ?? 'unknown'
  return {
    cpu: model,
    cpus: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release().split('.', 2).join('.'),
    node: process.version,
    loadAverage: loadavg(),
    cores: cores ?? 'not pinned',
  }
}

async function main(): Promise<number> {
  const options = readOptions()
  if (options === null) {
    process.stderr.write(toUsage([...MEASUREMENTS.map(({ name }) => name), GROWTH]))
    return 2
  }
  const cores = findCores()
  if (options.profileDir !== null) mkdirSync(options.profileDir, { recursive: true })
  const machine = describeMachine(cores)
  const date = new Date().toISOString()
  console.log(`${date}  ${machine.cpu}, ${machine.cpus} cores, Linux ${machine.kernel}, Node ${machine.node}`)
  console.log(
    cores === null
      ? 'Not pinned: no taskset, or only one core. Contender and load side compete.'
      : `Contender on core ${cores.contender}, upstream and load generator on core ${cores.load}.`,
  )
  console.log(`Median (min–max) of ${options.runs} runs of ${options.windowMs / 1000} s, in turns.\n`)

  const loadCore = cores?.load ?? null
  const upstream = forkOn(loadCore, './upstream-process.js')
  const load = forkOn(loadCore, './load-process.js')
  const loadBeside = forkOn(loadCore, './load-process.js')
  const probe = forkOn(loadCore, './probe-process.js')
  const emulator = await startEmulator({ bearerToken: BEARER_TOKEN })
  const started: Map<Contender, Running | string> = new Map()
  try {
    const [{ port: upstreamPort }] = (await once(upstream, 'message')) as [{ port: number }]
    const upstreamUrl = `http://127.0.0.1:${upstreamPort}`
    const times = { windowMs: options.windowMs, warmupMs: Math.min(WARMUP_MS_MAX, options.windowMs) }
    let plan = DEFAULT_PLAN
    const loadIn =
      (child: ChildProcess): Bench['load'] =>
      async (wanted, otherTimes, onWindow) => {
        // Streams have their events to be counted; a whole reply has its text.
        const bodyBytesMin = wanted.eventsExpected === 0 ? plan.answerBytes : 0
        const load = { ...times, bodyBytesMin, ...wanted, ...otherTimes }
        return accept(await runLoadIn(child, load, onWindow))
      }
    const bench: Bench = {
      ...times,
      cores,
      context: {
        upstreamPort,
        awsEnvironment: { ...emulator.environment, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: upstreamUrl },
        core: cores?.contender ?? null,
        profileDir: options.profileDir,
      },
      async setPlan(wanted) {
        plan = { ...DEFAULT_PLAN, ...wanted }
        await askProcess(upstream, plan)
      },
      load: loadIn(load),
      loadBeside: loadIn(loadBeside),
      probe: (wanted, otherTimes) => runProbeIn(probe, { ...times, ...wanted, ...otherTimes }),
    }
    const wrkBench: Bench = {
      ...bench,
      load: async (wanted, otherTimes) =>
        accept(await runWrk({ ...times, ...wanted, ...otherTimes }, cores?.load ?? null)),
    }
    const benchOf = ({ name }: Contender): Bench => (name === DIRECT_BY_WRK ? wrkBench : bench)
    for (const contender of options.contenders) {
      const running = contender.missing ?? (await contender.start(bench.context).catch(String))
      started.set(contender, running)
    }
    const coresFree = cores === null ? 1 : 2 + cores.spare.length
    const results = []
    for (const measurement of options.measurements) {
      const startedMs = performance.now()
      const rows = await runRounds(measurement, started, { runs: options.runs, benchOf, onRun: showProgress })
      showProgress('')
      const seconds = Math.round((performance.now() - startedMs) / 1000)
      const verdicts = judgeTargets(measurement, rows, coresFree)
      console.log(
        formatTable(measurement, rows) + (verdicts.length === 0 ? '' : `${formatVerdicts(verdicts)}\n`),
      )
      results.push({ ...toResult(measurement, rows), targets: verdicts, seconds })
    }
    const growth = options.growth ? await measureGrowth(started, { runs: options.runs, bench }) : []
    const charts = growth.flatMap(toCharts)
    if (charts.length > 0) {
      console.log(formatCharts(charts))
      const subtitle = `${machine.cpu}, ${machine.cpus} cores, Linux ${machine.kernel}, Node ${machine.node}, ${date.slice(0, 10)}`
      const picture = { title: 'How cost grows', subtitle, charts }
      writeFileSync(options.svg, toSvg({ ...picture, columns: 2 }))
      writeFileSync(options.svg.replace(/(\.svg)?$/, '-narrow.svg'), toSvg({ ...picture, columns: 1 }))
    }
    const facts = { date, machine, runs: options.runs, windowMs: options.windowMs, commit: readCommit() }
    const curves = growth.map(({ sweep, points }) => ({ name: sweep.name, x: sweep.xLabel, points }))
    writeFileSync(options.out, `${JSON.stringify({ ...facts, results, growth: curves }, null, 2)}\n`)
    return 0
  } finally {
    await Promise.all(
      [...started.values()].map((running) => (typeof running === 'string' ? null : running.stop())),
    )
    await emulator.close()
    await Promise.all([upstream, load, loadBeside, probe].map(stopProcess))
  }
}

async function measureGrowth(
  started: Started,
  { runs, bench }: { readonly runs: number; readonly bench: Bench },
): Promise<readonly SweepResult[]> {
  const asked = new Map(
    [...started].flatMap(([{ name }, running]) =>
      typeof running === 'string' || !GROWTH_CONTENDERS.includes(name) ? [] : [[name, running] as const],
    ),
  )
  const results: SweepResult[] = []
  for (const sweep of asked.size === 0 ? [] : SWEEPS) {
    showProgress(`${GROWTH} ${sweep.name}`)
    results.push(await runSweep(sweep, asked, { rounds: Math.min(runs, GROWTH_ROUNDS_MAX), bench }))
  }
  showProgress('')
  return results
}

function toResult(measurement: Measurement, rows: readonly Row[]) {
  const direct = rows.find(({ contender }) => contender === DIRECT)
  return {
    name: measurement.name,
    title: measurement.title,
    overloaded: measurement.metrics.flatMap((metric) => findOverloaded(metric, rows)),
    rows: rows.map((row) => ({
      ...row,
      figures: measurement.metrics.map((metric) => ({
        ...metric,
        ...summarize(row, metric, direct),
        ratios: ratiosOf(row, metric, rows),
      })),
    })),
  }
}

/** The commit that is checked out; null outside of a repository. */
function readCommit(): string | null {
  try {
    const head = readFileSync('.git/HEAD', 'utf8').trim()
    return head.startsWith('ref: ') ? readFileSync(`.git/${head.slice(5)}`, 'utf8').trim() : head
  } catch {
    return null
  }
}

process.exitCode = await main()
