import { type Load, runLoad } from './load.js'

/** The load side's process: one load per message, one result per load. */
process.on('message', (load: Load) => {
  void runLoad(load).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit(0))
