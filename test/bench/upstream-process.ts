import { startUpstream } from './upstream.js'
import type { UpstreamPlan } from './wire.js'

/** The upstream's process: says its port, then takes a plan per message and confirms it. */
const upstream = await startUpstream()
process.on('message', (plan: UpstreamPlan) => {
  upstream.setPlan(plan)
  process.send?.('ok')
})
process.on('disconnect', () => process.exit(0))
process.send?.({ port: upstream.port })
