import { WINDOW_BEGINS } from './ask-process.js'
import { type Load, runLoad } from './load.js'

/** The load side's process: one load per message, word of its window and one result per load. */
process.on('message', (load: Load) => {
  void runLoad(load, () => process.send?.(WINDOW_BEGINS)).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit(0))
