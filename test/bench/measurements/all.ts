import type { Measurement } from '../measurement.js'
import { firstToken } from './first-token.js'
import { flatMemory } from './flat-memory.js'
import { largeBodies } from './large-bodies.js'
import { latency } from './latency.js'
import { manyStreams } from './many-streams.js'
import { memory } from './memory.js'
import { requests } from './requests.js'
import { saturation, saturationSingle } from './saturation.js'
import { start } from './start.js'
import { steady } from './steady.js'
import { twoProcesses } from './two-processes.js'

/** Every measurement, in the order of the table. */
export const MEASUREMENTS: readonly Measurement[] = [
  saturation,
  saturationSingle,
  steady,
  manyStreams,
  requests,
  latency,
  firstToken,
  ...largeBodies,
  memory,
  flatMemory,
  start,
  twoProcesses,
]
