import { type Probe, runProbe } from './probe.js'

/** The process of the probes: one series per message, one result per series. */
process.on('message', (probe: Probe) => {
  void runProbe(probe).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit(0))
