#!/usr/bin/env node
import { readdirSync, readFileSync } from 'node:fs'
import { type Attempt, toAdvice } from './advice.js'
import { type Arguments, parseArguments, USAGE } from './arguments.js'
import { type AdminReply, askDaemon } from './client.js'
import { type DaemonCommand, toAdminRequest, toOutcome } from './commands.js'
import { toPlain } from './format.js'
import { listSocketCandidates, RUNTIME_ROOT, type SocketCandidates } from './socket-path.js'

const EXIT = { done: 0, failed: 1, usage: 2, noDaemon: 3 } as const

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `bedrockctl models | head` closes the pipe early.
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed)
})
process.exitCode = await run(process.argv.slice(2))

async function run(argv: readonly string[]): Promise<number> {
  let parsed: Arguments
  let candidates: SocketCandidates
  try {
    parsed = parseArguments(argv)
    candidates = listSocketCandidates(process.env, parsed)
  } catch (error) {
    console.error(`bedrockctl: ${toMessage(error)}\n\n${USAGE}`)
    return EXIT.usage
  }
  const { command } = parsed
  if (command.type === 'help') return print(USAGE.trimEnd())
  if (command.type === 'own-version') return print(readOwnVersion())
  const { BEDROCKD_ADMIN_SOCKET: named } = process.env
  if (parsed.instance !== undefined && !parsed.socket && named) {
    console.error('bedrockctl: BEDROCKD_ADMIN_SOCKET is set and wins over --instance')
  }
  return await runOnDaemon(command, { candidates, json: parsed.json })
}

function print(text: string): number {
  console.log(text)
  return EXIT.done
}

async function runOnDaemon(
  command: DaemonCommand,
  { candidates, json }: { candidates: SocketCandidates; json: boolean },
): Promise<number> {
  const request = toAdminRequest(command)
  const attempts: Attempt[] = []
  for (const path of candidates.paths) {
    const reply = await askDaemon(path, request)
    if (reply.type === 'unreachable') {
      attempts.push({ path, code: reply.code })
    } else if (reply.type === 'broken') {
      console.error(`bedrockctl: bedrockd at ${path} took the request, but: ${reply.reason}`)
      // A refresh may take long; a daemon that cannot answer anything else is as good as none.
      return command.type === 'refresh' ? EXIT.failed : EXIT.noDaemon
    } else return report(command, reply, json)
  }
  const { lines, denied } = toAdvice(attempts, candidates.explicit ? [] : listInstances())
  console.error(lines.join('\n'))
  return denied ? EXIT.failed : EXIT.noDaemon
}

function report(
  command: DaemonCommand,
  reply: Extract<AdminReply, { type: 'reply' }>,
  json: boolean,
): number {
  if (reply.status !== 200) {
    if (json) process.stdout.write(reply.text)
    console.error(`bedrockctl: ${toPlain(toErrorMessage(reply))}`)
    return EXIT.failed
  }
  try {
    const outcome = toOutcome(command, reply.text, { version: readOwnVersion(), nowMs: Date.now() })
    process.stdout.write(json ? reply.text : `${outcome.lines.join('\n')}\n`)
    return outcome.failed ? EXIT.failed : EXIT.done
  } catch (error) {
    if (json) process.stdout.write(reply.text)
    console.error(
      `bedrockctl: the daemon is of another version, its answer is not understood: ${toMessage(error)}`,
    )
    return json ? EXIT.done : EXIT.failed
  }
}

function toErrorMessage({ status, text }: Extract<AdminReply, { type: 'reply' }>): string {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'object' && body !== null && 'error' in body) {
      const { error } = body
      if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message)
    }
  } catch {
    // Not JSON: something else listens there.
  }
  return `the daemon answered with status ${status}`
}

function listInstances(): string[] {
  try {
    const folders = readdirSync(RUNTIME_ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    return folders.map((folder) => toPlain(folder.name))
  } catch {
    return []
  }
}

/** From the package.json of the release this file belongs to. */
function readOwnVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  )
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return hasVersion ? String(manifest.version) : 'unknown'
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
