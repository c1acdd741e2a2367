/**
 * Parts of dependencies, for where loading the index costs much more: each stands with what it saves. They are files of
 * versions that the lockfile pins, not promises: test/dependency-parts.test.ts holds them against the index.
 */

/** 9 files for 89 (default metrics load OpenTelemetry): 3 ms for 37, and 10 MB less in memory. */
declare module 'prom-client/lib/counter.js' {
  import { Counter } from 'prom-client'
  export = Counter
}
declare module 'prom-client/lib/gauge.js' {
  import { Gauge } from 'prom-client'
  export = Gauge
}
declare module 'prom-client/lib/registry.js' {
  import { Registry } from 'prom-client'
  export = Registry
}

/** The rest of prom-client's weight: 26 ms. */
declare module 'prom-client/lib/defaultMetrics.js' {
  import { collectDefaultMetrics } from 'prom-client'
  export = collectDefaultMetrics
}
