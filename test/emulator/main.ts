import { parseArgs } from 'node:util'
import { startEmulator } from './emulator.js'

/** Runs an emulator until SIGTERM or SIGINT; its address and the environment of a gateway stand in one JSON line on stdout. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      'events-per-second': { type: 'string', default: '0' },
      regions: { type: 'string', default: 'us-east-1' },
      'models-count': { type: 'string' },
    },
  })
  const modelsCount = values['models-count']
  const emulator = await startEmulator({
    port: Number(values.port),
    regions: values.regions.split(',').filter((region) => region !== ''),
    ...(modelsCount === undefined ? {} : { modelsCount: Number(modelsCount) }),
  })
  emulator.set({ eventsPerSecond: Number(values['events-per-second']) })
  console.log(JSON.stringify({ url: emulator.url, environment: emulator.environment }))
  const stop = () => void emulator.close().then(() => process.exit(0))
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

await main()
