#!/usr/bin/env node
import './v8-flags.js'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createNotifier } from './admin/notify.js'
import { type Config, formatConfig, loadConfig, readTextFile } from './config.js'
import { type Gateway, startGateway } from './gateway.js'
import { createLog, toErrorFacts } from './log.js'

const EXIT = { ok: 0, failed: 1, badConfiguration: 2 } as const

const USAGE = `usage: bedrockd [--config FILE]… [--check-config] [--version] [--help]

  --config FILE    YAML file with settings; several are merged in order
  --check-config   print the effective configuration, secrets hidden, and exit
  --version        print the version and exit

Settings come from the environment first, then from the YAML files, then from the defaults.
`

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

function parseArguments() {
  try {
    return parseArgs({
      options: {
        config: { type: 'string', multiple: true, default: [] },
        'check-config': { type: 'boolean', default: false },
        version: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    return null
  }
}

/** The configuration, or null after every problem was said on stderr. */
function readConfig(configFiles: readonly string[]): { config: Config; warnings: readonly string[] } | null {
  const result = loadConfig({ environment: process.env, configFiles, readFile: readTextFile })
  if (result.type === 'ok') return result
  for (const problem of result.problems) process.stderr.write(`bedrockd: ${problem}\n`)
  return null
}

async function run(config: Config, warnings: readonly string[]): Promise<void> {
  const log = createLog(config.logLevel)
  for (const warning of warnings) log.warn({ warning }, 'configuration')
  const notifier = createNotifier(process.env, {
    onError: (error) => log.warn({ reason: error.message }, 'sd_notify failed'),
  })
  let stopping = false
  let isSignalled = false
  let gateway: Gateway | null = null

  const crash = (cause: unknown): void => {
    log.fatal({ error: toErrorFacts(cause) }, 'crashed')
    log.flush(() => process.exit(EXIT.failed))
  }
  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    notifier.stopping('draining')
    await gateway?.drain()
    notifier.close()
    log.flush(() => process.exit(EXIT.ok))
  }
  const onSignal = (): void => {
    // A second signal means now. A drain that `bedrockctl` asked for is none: `systemctl stop` waits for it, too.
    if (isSignalled) process.exit(EXIT.failed)
    isSignalled = true
    void stop().catch(crash)
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  process.on('SIGHUP', () => {
    log.info('refresh asked by SIGHUP')
    notifier.reloading()
    gateway?.admin.refresh().then(() => stopping || notifier.ready(), crash)
  })

  gateway = await startGateway({
    config,
    log,
    version: readVersion(),
    onDrainAsked: () => void stop().catch(crash),
  })
  notifier.ready(`serving on ${gateway.listening.chat}`)
}

// The lockfile pins an SDK that supports this Node; its notice about later versions says nothing to an operator.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'

const values = parseArguments()
if (values === null) process.exitCode = EXIT.badConfiguration
else if (values.help) process.stdout.write(USAGE)
else if (values.version) process.stdout.write(`bedrockd ${readVersion()}\n`)
else {
  const read = readConfig(values.config)
  if (read === null) process.exitCode = EXIT.badConfiguration
  else if (values['check-config']) {
    for (const warning of read.warnings) process.stderr.write(`bedrockd: warning: ${warning}\n`)
    process.stdout.write(formatConfig(read.config))
  } else {
    try {
      await run(read.config, read.warnings)
    } catch (error) {
      // Start-up failures are ours or the operating system's words: nothing of a client is in them.
      process.stderr.write(`bedrockd: ${error instanceof Error ? error.message : error}\n`)
      process.exit(EXIT.failed)
    }
  }
}
