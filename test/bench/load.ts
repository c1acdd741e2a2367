import type { ChildProcess } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { askProcess } from './ask-process.js'
import { ChunkedBody } from './chunked-body.js'
import { betweenStampsMs, stampNow } from './event-clock.js'
import { MarkerCounter } from './marker-counter.js'
import { residentBytesOf, startCpuClock } from './processes.js'

/** A closed loop: each connection sends its next request when the last reply is complete. */
export interface Load {
  readonly port: number
  /** The request's bytes, as base64: they come over a process boundary. */
  readonly request: string
  readonly connections: number
  /** From the start of the load, or from when all streams are open. */
  readonly warmupMs: number
  readonly windowMs: number
  /** The warm-up begins when an event has come on every connection. Not to open is a failure. */
  readonly streamsOpen?: boolean
  /** Events that each complete reply must have; a reply with more or fewer is a failure. */
  readonly eventsExpected: number
  /** Body bytes that each complete reply has at least: some gateways wrap an error in a 200. Absent: 0. */
  readonly bodyBytesMin?: number
  /** The process whose CPU time is taken over the window; null: none. */
  readonly pid: number | null
  /** A connection's next request starts so long after its last one did, or when that is answered; absent: at once. */
  readonly intervalMs?: number
  /** The window ends with so many replies, if that comes first. */
  readonly repliesMax?: number
  /** The events carry the time of their writing. */
  readonly eventsStamped?: boolean
}

/** What was seen between the end of the warm-up and the end of the window. */
export interface LoadResult {
  readonly windowMs: number
  readonly replies: number
  readonly events: number
  readonly bytes: number
  /** Replies with another status than 200 or the wrong number of events, and connections lost. */
  readonly failures: number
  /** The first failure, in words; null: none. */
  readonly failure: string | null
  /** CPU of the watched process and its children over the window. */
  readonly cpuMs: number
  /** Its resident memory at the end of the window. */
  readonly residentBytes: number
  /** From a request's first byte sent to its reply's last byte received; sorted. */
  readonly latenciesMs: readonly number[]
  /** To the first event, without what the upstream waited; sorted. */
  readonly firstEventsMs: readonly number[]
  /** From the writing of an event to its arrival, where events are stamped; sorted. */
  readonly delaysMs: readonly number[]
}

const READ_BYTES = 256 * 1024
const SAMPLES_MAX = 200_000
const RECONNECT_MS = 20
/** Time that streams are given to open: a Node relay that is behind takes 10 s for 2,000. */
export const OPEN_LIMIT_MS = 30_000
const OPEN_POLL_MS = 20
/**
 * Connections that wait for a first byte at the same time. Node listens with a queue of 511: of thousands that knock at once it
 * loses some, which the kernel resets, and with SYN cookies the client sees that as a reply cut off.
 */
const OPENING_MAX = 256

/** Runs one load to its end; `onWindow` is called when the window begins. */
export function runLoad(load: Load, onWindow: () => void = () => {}): Promise<LoadResult> {
  return new Promise((resolve) => {
    const tally = new Tally()
    const clients = Array.from({ length: load.connections }, () => new Client(load, tally))
    openInTurns(clients)
    const measure = (): void => {
      tally.reset()
      onWindow()
      const readCpuMs = load.pid === null ? () => 0 : startCpuClock(load.pid)
      const startedMs = performance.now()
      const finish = (): void => {
        clearTimeout(timer)
        tally.onReplies = null
        const windowMs = performance.now() - startedMs
        const cpuMs = readCpuMs()
        const residentBytes = load.pid === null ? 0 : residentBytesOf(load.pid)
        const result = { ...tally.read(), windowMs, cpuMs, residentBytes }
        for (const client of clients) client.close()
        resolve(result)
      }
      const timer = setTimeout(finish, load.windowMs)
      if (load.repliesMax !== undefined) tally.onReplies = { count: load.repliesMax, call: finish }
    }
    const warmUp = (): void => {
      setTimeout(measure, load.warmupMs)
    }
    if (load.streamsOpen) untilOpen(clients, tally, warmUp)
    else warmUp()
  })
}

function openInTurns(clients: readonly Client[]): void {
  let opened = 0
  const openNext = (): void => {
    const client = clients[opened]
    opened += 1
    client?.connect(openNext)
  }
  for (let opening = 0; opening < OPENING_MAX; opening += 1) openNext()
}

function untilOpen(clients: readonly Client[], tally: Tally, next: () => void): void {
  const endMs = performance.now() + OPEN_LIMIT_MS
  const poll = setInterval(() => {
    const open = clients.filter((client) => client.isOpen).length
    if (open < clients.length && performance.now() < endMs) return
    clearInterval(poll)
    if (open < clients.length)
      tally.fail(`only ${open} of ${clients.length} streams were open after ${OPEN_LIMIT_MS / 1000} s`)
    next()
  }, OPEN_POLL_MS)
}

class Tally {
  replies = 0
  events = 0
  bytes = 0
  failures = 0
  failure: string | null = null
  latenciesMs: number[] = []
  firstEventsMs: number[] = []
  delaysMs: number[] = []
  /** Called at so many replies. */
  onReplies: { readonly count: number; readonly call: () => void } | null = null

  /** Failures of the warm-up stay: a contender that fails there is no contender. */
  reset(): void {
    this.replies = this.events = this.bytes = 0
    this.latenciesMs = []
    this.firstEventsMs = []
    this.delaysMs = []
  }

  countReply(tookMs: number): void {
    this.replies += 1
    if (this.latenciesMs.length < SAMPLES_MAX) this.latenciesMs.push(tookMs)
    if (this.onReplies !== null && this.replies >= this.onReplies.count) this.onReplies.call()
  }

  fail(reason: string): void {
    this.failures += 1
    this.failure ??= reason
  }

  read() {
    const { replies, events, bytes, failures, failure } = this
    const sorted = (values: number[]): number[] => values.sort((a, b) => a - b)
    return {
      replies,
      events,
      bytes,
      failures,
      failure,
      latenciesMs: sorted(this.latenciesMs),
      firstEventsMs: sorted(this.firstEventsMs),
      delaysMs: sorted(this.delaysMs),
    }
  }
}

/** Everything is handled inside the read callback, so all connections share one buffer. */
const readBuffer = Buffer.allocUnsafe(READ_BYTES)

/** One connection. Replies are scanned, not parsed: a status line, an end, and markers in between. */
class Client {
  readonly #load: Load
  readonly #request: Buffer
  readonly #tally: Tally
  #socket: Socket | null = null
  #closed = false
  #sentMs = 0
  #head = ''
  #headDone = false
  #bodyLeft = 0
  #bodyBytes = 0
  /** Null: the head named a length. */
  #chunked: ChunkedBody | null = null
  #eventsSeen = 0
  #counter = new MarkerCounter()
  /** When the bytes that are being counted came. */
  #arrivedUs = 0
  readonly #onStamp: ((stampUs: number) => void) | null

  constructor(load: Load, tally: Tally) {
    this.#load = load
    this.#onStamp = load.eventsStamped === true ? (stampUs) => this.#keepDelay(stampUs) : null
    this.#request = Buffer.from(load.request, 'base64')
    this.#tally = tally
  }

  /** True within a reply of which an event has come. */
  get isOpen(): boolean {
    return this.#eventsSeen > 0
  }

  /** `onAnswer` is called once, at the first byte that comes, or when none will come. */
  connect(onAnswer: () => void = () => {}): void {
    if (this.#closed) return
    let answered = false
    const answer = (): void => {
      if (answered) return
      answered = true
      onAnswer()
    }
    const socket = connect({
      host: '127.0.0.1',
      port: this.#load.port,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (bytes) => {
          if (!this.#closed) this.#onRead(readBuffer.subarray(0, bytes))
          answer()
          return true
        },
      },
    })
    this.#socket = socket
    socket.on('connect', () => this.#send())
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#closed) return
      answer()
      this.#tally.fail(`connection closed after ${this.#eventsSeen} events`)
      setTimeout(() => this.connect(), RECONNECT_MS)
    })
  }

  close(): void {
    this.#closed = true
    this.#socket?.destroy()
  }

  #send(): void {
    this.#head = ''
    this.#headDone = false
    this.#bodyBytes = 0
    this.#eventsSeen = 0
    this.#counter = new MarkerCounter(this.#onStamp)
    this.#sentMs = performance.now()
    this.#socket?.write(this.#request)
  }

  #onRead(chunk: Buffer): void {
    this.#tally.bytes += chunk.length
    const body = this.#headDone ? chunk : this.#readHead(chunk)
    if (body === null) return
    this.#bodyBytes += body.length
    if (this.#chunked === null) {
      this.#bodyLeft -= body.length
      this.#countEvents(body)
      if (this.#bodyLeft <= 0) this.#onReply()
    } else {
      this.#chunked.push(body)
      if (this.#chunked.ended) this.#onReply()
    }
  }

  /** The part of the chunk that is body; null while the head is incomplete. */
  #readHead(chunk: Buffer): Buffer | null {
    const before = this.#head.length
    this.#head += chunk.toString('latin1')
    const end = this.#head.indexOf('\r\n\r\n')
    if (end < 0) return null
    this.#headDone = true
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head.slice(0, end))?.[1]
    this.#bodyLeft = Number(length)
    this.#chunked = length === undefined ? new ChunkedBody((content) => this.#countEvents(content)) : null
    if (!this.#head.startsWith('HTTP/1.1 200'))
      this.#tally.fail(`status ${this.#head.slice(9, 12)}: ${this.#head.slice(end + 4, end + 300)}`)
    return chunk.subarray(end + 4 - before)
  }

  #keepDelay(stampUs: number): void {
    if (this.#tally.delaysMs.length < SAMPLES_MAX)
      this.#tally.delaysMs.push(betweenStampsMs(stampUs, this.#arrivedUs))
  }

  #countEvents(body: Buffer): void {
    if (this.#onStamp !== null) this.#arrivedUs = stampNow()
    const found = this.#counter.push(body)
    if (found === 0) return
    if (this.#eventsSeen === 0) {
      const tookMs = performance.now() - this.#sentMs - this.#counter.firstStampUs / 1000
      if (tookMs > 0 && this.#tally.firstEventsMs.length < SAMPLES_MAX) this.#tally.firstEventsMs.push(tookMs)
    }
    this.#eventsSeen += found
    this.#tally.events += found
  }

  #onReply(): void {
    if (this.#eventsSeen !== this.#load.eventsExpected)
      this.#tally.fail(`${this.#eventsSeen} events instead of ${this.#load.eventsExpected}`)
    if (this.#bodyBytes < (this.#load.bodyBytesMin ?? 0))
      this.#tally.fail(`a body of ${this.#bodyBytes} bytes instead of ${this.#load.bodyBytesMin} at least`)
    const tookMs = performance.now() - this.#sentMs
    this.#tally.countReply(tookMs)
    const waitMs = (this.#load.intervalMs ?? 0) - tookMs
    if (waitMs > 0) setTimeout(() => this.#send(), waitMs)
    else this.#send()
  }
}

/** Runs a load in the load process. */
export function runLoadIn(child: ChildProcess, load: Load, onWindow?: () => void): Promise<LoadResult> {
  return askProcess<LoadResult>(child, load, onWindow)
}
