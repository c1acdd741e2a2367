import { parseArgs } from 'node:util'

export type Command =
  | { readonly type: 'status' }
  | { readonly type: 'models'; readonly kind: string }
  | { readonly type: 'lessons' }
  | { readonly type: 'forget-lessons'; readonly model: string | null }
  | { readonly type: 'refresh' }
  | { readonly type: 'streams' }
  | { readonly type: 'log-level'; readonly level: string | null }
  | { readonly type: 'drain' }
  | { readonly type: 'version' }
  | { readonly type: 'help' }
  | { readonly type: 'own-version' }

export interface Arguments {
  readonly command: Command
  readonly json: boolean
  readonly socket: string | undefined
  readonly instance: string | undefined
}

export const USAGE = `usage: bedrockctl COMMAND [OPTIONS]

commands
  status               how the daemon is: readiness, listeners, snapshot, counters
  models               the models it lists; --kind chat|image|embedding|rerank|other|all (default all);
                       --lessons: the parameters that models were seen to refuse, and are spared
                       --forget-lessons [MODEL]: try them again, with one model or with all
  refresh              ask AWS for the models now and wait for the outcome
  streams              the open streams
  log-level [LEVEL]    show or set: trace debug info warn error fatal silent
  drain                stop taking requests, let streams finish, exit
  version              of bedrockctl and of the daemon

options
  --socket PATH        the admin socket
  --instance NAME      the daemon of bedrockd@NAME.service
  --json               print the daemon's JSON
  --version            of bedrockctl alone
  --help

The socket is --socket, else $BEDROCKD_ADMIN_SOCKET, else that of --instance, else the first that answers of
$RUNTIME_DIRECTORY/admin.sock, $XDG_RUNTIME_DIR/bedrockd/admin.sock, the state folder's, /run/bedrockd/admin.sock.
exit codes: 0 done, 1 refused or failed, 2 usage, 3 no daemon answers
`

const KINDS: readonly string[] = ['chat', 'image', 'embedding', 'rerank', 'other', 'all']
const LEVELS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** Throws an `Error` whose message says what is wrong with the command line. */
export function parseArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      socket: { type: 'string' },
      instance: { type: 'string' },
      kind: { type: 'string' },
      lessons: { type: 'boolean', default: false },
      'forget-lessons': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', default: false },
    },
  })
  const command = values.help
    ? ({ type: 'help' } as const)
    : values.version
      ? ({ type: 'own-version' } as const)
      : parseCommand(positionals, values)
  if (values.socket === '') throw new Error('--socket must be a path')
  return { command, json: values.json, socket: values.socket, instance: values.instance }
}

function parseCommand(
  positionals: readonly string[],
  {
    kind,
    lessons,
    'forget-lessons': forget,
  }: {
    readonly kind?: string | undefined
    readonly lessons: boolean
    readonly 'forget-lessons': boolean
  },
): Command {
  const [name, argument, ...more] = positionals
  if (name === undefined) throw new Error('a command is missing')
  const excess = name === 'log-level' || forget ? more[0] : argument
  if (excess !== undefined) throw new Error(`"${excess}" is one argument too many`)
  if (kind !== undefined && name !== 'models') throw new Error('--kind goes with models')
  if (lessons && name !== 'models') throw new Error('--lessons goes with models')
  if (forget && name !== 'models') throw new Error('--forget-lessons goes with models')
  if (forget && (lessons || kind !== undefined)) throw new Error('--forget-lessons goes alone')
  if (lessons && kind !== undefined) throw new Error('--lessons and --kind do not go together')
  switch (name) {
    case 'status':
    case 'refresh':
    case 'streams':
    case 'drain':
    case 'version':
      return { type: name }
    case 'help':
      return { type: 'help' }
    case 'models':
      if (forget) return { type: 'forget-lessons', model: argument ?? null }
      if (lessons) return { type: 'lessons' }
      return { type: 'models', kind: parseOneOf('--kind', KINDS, kind ?? 'all') }
    case 'log-level':
      return {
        type: 'log-level',
        level: argument === undefined ? null : parseOneOf('LEVEL', LEVELS, argument),
      }
    default:
      throw new Error(`there is no command "${name}"`)
  }
}

function parseOneOf(what: string, known: readonly string[], value: string): string {
  if (known.includes(value)) return value
  throw new Error(`${what} must be one of ${known.join(', ')}, got "${value}"`)
}
