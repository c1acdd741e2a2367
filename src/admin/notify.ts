import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** A receiver that takes nothing for longer gets no more. */
const SEND_TIMEOUT_MS = 5000
const PENDING_MAX = 16

/** What systemd sets for `Type=notify` and `WatchdogSec=`; `process.env` fits. */
export interface NotifyEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined
  readonly WATCHDOG_PID?: string | undefined
  readonly WATCHDOG_USEC?: string | undefined
}

/** Tells systemd how the daemon is (sd_notify(3)). No method throws, waits, or keeps the process alive. */
export interface Notifier {
  /** READY=1; also ends a reload. Starts the watchdog ticks where systemd asked for them. */
  ready(status?: string): void
  /** The line that `systemctl status` shows. */
  status(text: string): void
  /** RELOADING=1; call `ready` when done. */
  reloading(): void
  /** STOPPING=1. The ticks go on: a drain that hangs is noticed, too. */
  stopping(status?: string): void
  /** Ends the ticks. */
  close(): void
}

export interface NotifierOptions {
  /** Hears what systemd could not be told, for the log. */
  readonly onError?: (error: Error) => void
}

/** Without `NOTIFY_SOCKET` the notifier does nothing. */
export function createNotifier(environment: NotifyEnvironment, options: NotifierOptions = {}): Notifier {
  const send = createSender(environment.NOTIFY_SOCKET ?? '', options.onError ?? (() => {}))
  const tickMs = toTickMs(environment)
  let ticks: NodeJS.Timeout | null = null

  const startTicks = () => {
    if (tickMs === null || ticks !== null) return
    // A plain timer of the event loop: where the loop is stuck no tick goes out, and systemd restarts the daemon.
    ticks = setInterval(() => send(['WATCHDOG=1']), tickMs)
    ticks.unref()
    send(['WATCHDOG=1'])
  }
  return {
    ready(status) {
      send(['READY=1', ...toStatusLines(status)])
      startTicks()
    },
    status: (text) => send(toStatusLines(text)),
    // Type=notify-reload compares this with the time of its signal; both are CLOCK_MONOTONIC in microseconds.
    reloading: () => send(['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`]),
    stopping: (status) => send(['STOPPING=1', ...toStatusLines(status)]),
    close() {
      if (ticks !== null) clearInterval(ticks)
      ticks = null
    },
  }
}

/** Half of `WATCHDOG_USEC` in milliseconds; null where no watchdog runs or it watches another process. */
function toTickMs(environment: NotifyEnvironment): number | null {
  const { WATCHDOG_PID: watchedPid, WATCHDOG_USEC: periodText } = environment
  if (watchedPid && Number(watchedPid) !== process.pid) return null
  const periodUs = Number(periodText || Number.NaN)
  return periodUs > 0 ? Math.max(1, Math.floor(periodUs / 2000)) : null
}

/** One message is one line per assignment: a line break inside the text would start another. */
function toStatusLines(text: string | undefined): string[] {
  return text === undefined ? [] : [`STATUS=${text.replace(/[\r\n]+/g, ' ')}`]
}

type Send = (lines: readonly string[]) => void

function createSender(address: string, onError: (error: Error) => void): Send {
  if (address === '') return () => {}
  const sendOne = address.startsWith('@') ? sendByCommand : sendDatagram
  let pending = 0
  return (lines) => {
    if (lines.length === 0 || pending >= PENDING_MAX) return
    pending += 1
    sendOne(address, lines, (error) => {
      pending -= 1
      if (error) onError(error)
    })
  }
}

type SendOne = (address: string, lines: readonly string[], done: (error: Error | null) => void) => void

/**
 * A socket for each message: an open one would keep the process alive (it cannot be unref'd), and one that failed is
 * closed by the addon. The addon is loaded here because a platform without it must still run the daemon.
 */
const sendDatagram: SendOne = (address, lines, done) => {
  const message = Buffer.from(lines.join('\n'))
  try {
    const { DgramSocket }: typeof import('node-unix-socket') = require('node-unix-socket')
    const socket = new DgramSocket()
    const finish = once((error: Error | null) => {
      clearTimeout(deadline)
      socket.close()
      done(error)
    })
    const deadline = setTimeout(() => finish(new Error('systemd takes no notification')), SEND_TIMEOUT_MS)
    deadline.unref()
    socket.on('error', (error: Error) => finish(error))
    try {
      socket.sendTo(message, 0, message.length, address, (error) => finish(error ?? null))
    } catch (error) {
      finish(toError(error))
    }
  } catch (error) {
    done(toError(error))
  }
}

/**
 * node-unix-socket 0.2.7 pads every address to 108 bytes, which for an abstract socket (`@…`) is another name.
 * systemd itself has listened on a path since version 209; for the supervisors that do not, its own tool sends.
 */
const sendByCommand: SendOne = (address, lines, done) => {
  const environment = { ...process.env, NOTIFY_SOCKET: address }
  const options = { env: environment, timeout: SEND_TIMEOUT_MS }
  try {
    execFile('systemd-notify', [...lines], options, (error) => done(error)).unref()
  } catch (error) {
    done(toError(error))
  }
}

function once(call: (error: Error | null) => void): (error: Error | null) => void {
  let called = false
  return (error) => {
    if (called) return
    called = true
    call(error)
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
