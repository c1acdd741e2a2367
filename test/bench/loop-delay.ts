/** How long an event loop kept what was due waiting. */
export interface LoopDelay {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/**
 * The resolution of prom-client's histogram, Node's default. What it records is the time from one tick of a timer to the
 * next, so an idle loop shows these 10 ms; and a hold that fits between two ticks is not seen at all. Good enough for a target
 * of 20 ms, and too coarse for one of 5.
 */
const RESOLUTION_MS = 10

/**
 * Event-loop delay from the text of `GET /metrics` (`nodejs_eventloop_lag_*`), since the last time that anybody asked:
 * prom-client 15 resets its histogram at each scrape. Throws where a figure is missing.
 */
export function parseLoopDelay(metrics: string): LoopDelay {
  const read = (name: string): number => {
    const value = new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'm').exec(metrics)?.[1]
    if (value === undefined) throw new Error(`no nodejs_eventloop_lag_${name}_seconds among the metrics`)
    return Math.max(0, Number(value) * 1000 - RESOLUTION_MS)
  }
  return { p50Ms: read('p50'), p99Ms: read('p99'), maxMs: read('max') }
}

/** Asks a metrics listener, which starts its histogram anew. */
export async function scrapeLoopDelay(port: number): Promise<LoopDelay> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  return parseLoopDelay(await response.text())
}
