import type { Logger } from 'pino'
import type { AdminServer } from './admin/server.js'
import { type Config, formatAddress } from './config.js'
import { createMetricsServer } from './http/metrics-server.js'
import type { Server } from './http/server.js'
import type { Metrics } from './metrics.js'

/** Where the daemon listens, as text, ports filled in; null: turned off. */
export interface Listening {
  readonly chat: string
  readonly images: string | null
  readonly metrics: string | null
  readonly admin: string
}

export interface ListenersOptions {
  readonly config: Config
  readonly log: Logger
  readonly metrics: Metrics
  readonly chat: Server
  readonly images: Server | null
  readonly admin: AdminServer
}

/** All listeners as one: they start together, the admin socket first, because it tells a second daemon from a stale file. */
export function createListeners({ config, log, metrics, chat, images, admin }: ListenersOptions) {
  const metricsServer =
    config.metricsListen === null ? null : createMetricsServer(config.metricsListen, metrics)
  let listening: Listening = {
    chat: formatAddress(config.listen),
    images: null,
    metrics: null,
    admin: config.adminSocket,
  }

  /** Processes that share the other ports can't share this one: whoever comes second does without, and says so. */
  async function listenForMetrics(): Promise<string | null> {
    if (metricsServer === null || config.metricsListen === null) return null
    try {
      return formatAddress({ ...config.metricsListen, port: await metricsServer.listen() })
    } catch (error) {
      if (!config.reusePort) throw error
      const address = formatAddress(config.metricsListen)
      log.warn({ address }, 'metrics port taken by another process: no metrics here')
      return null
    }
  }

  return {
    get listening(): Listening {
      return listening
    },
    async listen(): Promise<void> {
      await admin.listen()
      listening = { ...listening, chat: formatAddress({ ...config.listen, port: await chat.listen() }) }
      if (images !== null && config.imagesListen !== null) {
        const port = await images.listen()
        listening = { ...listening, images: formatAddress({ ...config.imagesListen, port }) }
      }
      listening = { ...listening, metrics: await listenForMetrics() }
    },
    /** Stops accepting clients; admin and metrics stay until the end. */
    stop(): void {
      chat.stop()
      images?.stop()
    },
    async close(): Promise<void> {
      chat.close()
      images?.close()
      await Promise.all([admin.close(), metricsServer?.close()])
    },
  }
}
