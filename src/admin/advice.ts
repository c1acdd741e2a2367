/** One socket that was tried, and the system's code for why nobody answered there. */
export interface Attempt {
  readonly path: string
  readonly code: string
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ECONNREFUSED: 'nobody listens',
  ENOTSOCK: 'not a socket',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ETIMEDOUT: 'no connection in time',
}

/** What to tell an operator when no daemon answered; `denied`: one may well run, but not for this user. */
export function toAdvice(
  attempts: readonly Attempt[],
  instances: readonly string[],
): { readonly lines: readonly string[]; readonly denied: boolean } {
  const tried = attempts.map(({ path, code }) => `  ${path} (${REASONS[code] ?? code})`)
  if (attempts.some(({ code }) => code === 'EACCES' || code === 'EPERM')) {
    const head = 'bedrockctl: not allowed to use the admin socket. Tried:'
    const advice = 'Use sudo, or join the group: usermod -aG bedrockd "$USER", then log in again.'
    return { lines: [head, ...tried, advice], denied: true }
  }
  const lines = ['bedrockctl: bedrockd is not running, or its admin socket is elsewhere. Tried:', ...tried]
  if (instances.length > 0)
    lines.push(`Instances with a folder: ${instances.join(' ')}; name one with --instance.`)
  lines.push('Start it with `systemctl start bedrockd` or `bedrockd`, or name its socket with --socket PATH.')
  return { lines, denied: false }
}
