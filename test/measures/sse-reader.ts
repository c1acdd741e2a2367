import { type IncomingMessage, request } from 'node:http'

export interface ChatOptions {
  readonly url: string
  readonly body: string | Buffer
  /** Stop reading after the headers: a client that stalls. */
  readonly stalled?: boolean
}

/** One streamed chat as its client saw it. */
export interface StreamSeen {
  readonly status: number
  /** When each text event arrived, in monotonic milliseconds. */
  readonly arrivalsMs: readonly number[]
  /** The last event was `[DONE]`, after a finish reason. */
  readonly complete: boolean
}

export interface OpenChat {
  readonly seen: Promise<StreamSeen>
  close(): void
}

/** Sends a chat and notes when its events come. Reads with node:http: what holds up the daemon must not hold up a parser here. */
export function openChat({ url, body, stalled = false }: ChatOptions): OpenChat {
  const asked = request(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    agent: false,
  })
  const seen = new Promise<StreamSeen>((resolve, reject) => {
    asked.on('error', reject)
    asked.on('response', (reply) => {
      if (stalled) reply.pause()
      else collect(reply).then(resolve, reject)
    })
  })
  // A stalled reader is closed by one of the two sides, and nobody waits for what it saw.
  seen.catch(() => {})
  asked.end(body)
  return { seen, close: () => asked.destroy() }
}

async function collect(reply: IncomingMessage): Promise<StreamSeen> {
  const arrivalsMs: number[] = []
  let text = ''
  let finished = false
  let done = false
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    const nowMs = performance.now()
    const lines = (text + chunk.toString()).split('\n\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      if (line === 'data: [DONE]') done = finished
      else if (line.includes('"finish_reason":"')) finished = true
      else if (/"content":"[^"]/.test(line)) arrivalsMs.push(nowMs)
    }
  }
  return { status: reply.statusCode ?? 0, arrivalsMs, complete: done }
}

/** Times between neighbouring events, sorted. */
export function toGapsMs(streams: readonly StreamSeen[]): readonly number[] {
  return streams
    .flatMap(({ arrivalsMs }) => arrivalsMs.slice(1).map((at, index) => at - (arrivalsMs[index] ?? at)))
    .sort((a, b) => a - b)
}

/** `p50 20.1 ms, p99 21.4 ms, most 30.2 ms`. */
export function describeMs(sorted: readonly number[]): string {
  const at = (fraction: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN).toFixed(1)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`
}
