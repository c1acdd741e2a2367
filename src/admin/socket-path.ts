import { homedir } from 'node:os'
import { join } from 'node:path'

/** The variables that decide where the socket is; `process.env` fits. */
export interface SocketEnvironment {
  readonly BEDROCKD_ADMIN_SOCKET?: string | undefined
  readonly BEDROCKD_STATE_DIR?: string | undefined
  readonly HOME?: string | undefined
  readonly RUNTIME_DIRECTORY?: string | undefined
  readonly STATE_DIRECTORY?: string | undefined
  readonly XDG_RUNTIME_DIR?: string | undefined
}

/** Where systemd makes one folder per instance (`RuntimeDirectory=` of the units). */
export const RUNTIME_ROOT = '/run/bedrockd'

/** `sun_path` of Linux holds 108 bytes, the last of them a zero (unix(7)). */
export const SOCKET_PATH_BYTES_MAX = 107

/** What the command line says about the socket. */
export interface SocketChoice {
  readonly socket?: string | undefined
  readonly instance?: string | undefined
}

/** Paths that `bedrockctl` tries in turn; `explicit`: the user named the only one. */
export interface SocketCandidates {
  readonly explicit: boolean
  readonly paths: readonly string[]
}

/** The socket on which the daemon listens: `BEDROCKD_ADMIN_SOCKET`, else the first place that exists for it. */
export function resolveAdminSocket(environment: SocketEnvironment, stateDir?: string): string {
  const named = environment.BEDROCKD_ADMIN_SOCKET
  if (named) return named
  const [first] = defaultPlaces(environment, stateDir)
  return first ?? join(RUNTIME_ROOT, 'admin.sock')
}

/**
 * The sockets at which `bedrockctl` looks: `--socket`, `BEDROCKD_ADMIN_SOCKET`, `--instance`, then every place where
 * a daemon of this user or of systemd listens. Throws a `RangeError` for an instance name that is not a file name.
 */
export function listSocketCandidates(environment: SocketEnvironment, choice: SocketChoice): SocketCandidates {
  const named = choice.socket || environment.BEDROCKD_ADMIN_SOCKET
  if (choice.instance !== undefined) assertInstanceName(choice.instance)
  if (named) return { explicit: true, paths: [named] }
  if (choice.instance !== undefined) {
    return { explicit: true, paths: [join(RUNTIME_ROOT, choice.instance, 'admin.sock')] }
  }
  const places = [...defaultPlaces(environment, undefined), join(RUNTIME_ROOT, 'admin.sock')]
  return { explicit: false, paths: [...new Set(places)] }
}

function defaultPlaces(environment: SocketEnvironment, stateDir: string | undefined): string[] {
  // systemd joins several runtime directories with colons; the first is the unit's own.
  const runtimeDir = environment.RUNTIME_DIRECTORY?.split(':').find((path) => path !== '')
  const userDir = environment.XDG_RUNTIME_DIR
  const places: string[] = []
  if (runtimeDir) places.push(join(runtimeDir, 'admin.sock'))
  if (userDir) places.push(join(userDir, 'bedrockd', 'admin.sock'))
  places.push(join(stateDir ?? resolveStateDir(environment), 'admin.sock'))
  return places
}

function resolveStateDir(environment: SocketEnvironment): string {
  const named = environment.BEDROCKD_STATE_DIR || environment.STATE_DIRECTORY?.split(':')[0]
  return named || join(environment.HOME || homedir(), '.local', 'state', 'bedrockd')
}

function assertInstanceName(name: string): void {
  if (/^[\w.:@-]+$/.test(name) && name !== '.' && name !== '..') return
  throw new RangeError(`--instance must be the name after the @ of the unit, such as 1, got "${name}"`)
}
