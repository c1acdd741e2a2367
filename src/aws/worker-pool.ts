import { availableParallelism } from 'node:os'
import type { MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { ControlTasks } from '../../workers/control-plane.js'
import { GatewayError } from '../errors.js'
import type { MakeImagesTask } from '../images/tasks.js'
import { untilAborted } from './until-aborted.js'

const CONTROL_FILE = new URL('../../workers/control-plane.js', import.meta.url)
const IMAGES_FILE = new URL('../../workers/images.js', import.meta.url)
const BODIES_FILE = new URL('../../workers/bodies.js', import.meta.url)
/** Tasks that may wait on the network at the same time in the one control thread. */
const CONTROL_TASKS_MAX = 256
/** It sleeps between refreshes, and the AWS SDK in it takes 30 MB; to come back takes 0.2 s, off the event loop. */
const CONTROL_IDLE_MS = 5_000
/** Above what may be under way: each image request that is let in has some calls, and pictures that its client reads slowly. */
const IMAGES_TASKS_MAX = 100_000
/** Longer than a connection to Bedrock is kept. */
const IMAGES_IDLE_MS = 60_000
const BODIES_QUEUE_MAX = 1_024
const BODIES_IDLE_MS = 30_000
/** A task may wait for a picture from the network: others go on meanwhile. */
const BODIES_TASKS_PER_THREAD = 4

/** What a task of the control worker promises. */
export type ControlResult<Name extends keyof ControlTasks> = ReturnType<ControlTasks[Name]>

/** The thread for control-plane calls: asynchronous I/O, so that one call that hangs holds up no other. */
export interface ControlPool {
  /**
   * Runs one task of `workers/control-plane.ts`. An abort rejects with the signal's reason at once; the task itself
   * goes on to its own deadline, since ending it would end the thread and all other tasks with it.
   */
  run<Name extends keyof ControlTasks>(
    name: Name,
    input: Parameters<ControlTasks[Name]>[0],
    options?: { readonly signal?: AbortSignal },
  ): ControlResult<Name>
  close(): Promise<void>
}

/** How one task of the bodies pool is run. Nothing here ends one: that would end its thread, and the other tasks in it. */
export interface BodyTaskOptions {
  /** The function of the entry point; tests have one with a default. */
  readonly name?: string
  /** Buffers that move instead of being copied. */
  readonly transferList?: readonly (ArrayBuffer | MessagePort)[]
}

/** Threads for work that would hold the event loop: large bodies, images. */
export interface BodiesPool {
  /** Rejects with a `GatewayError` (503) while too many tasks wait. */
  run(task: unknown, options?: BodyTaskOptions): Promise<unknown>
  close(): Promise<void>
}

/** The thread that calls image models: most of the time a call waits. */
export interface ImagesPool {
  /** Resolves once the pictures were read, or the task's port is closed. */
  run(task: MakeImagesTask, transferList: readonly (ArrayBuffer | MessagePort)[]): Promise<void>
  close(): Promise<void>
}

export interface PoolOptions {
  /** Hears why a thread died between tasks; the pool starts another. */
  readonly onError?: (error: unknown) => void
  /** Another entry point, for tests. */
  readonly file?: URL
}

export interface ControlPoolOptions extends PoolOptions {
  /** The thread goes after this much time without a task. */
  readonly idleMs?: number
}

/** Starts the pool of the control thread, which comes with the first task and goes when idle. */
export function createControlPool({
  onError,
  file = CONTROL_FILE,
  idleMs = CONTROL_IDLE_MS,
}: ControlPoolOptions = {}): ControlPool {
  const pool = new Piscina({
    filename: file.href,
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: CONTROL_TASKS_MAX,
    idleTimeout: idleMs,
    // An idle thread would otherwise sleep in Atomics.wait and never see that AWS closed a kept connection.
    atomics: 'disabled',
  })
  handleError(pool, onError)
  return {
    run(name, input, { signal } = {}) {
      // The thread is ours, and the table of tasks types both ends.
      const result: Promise<unknown> = pool.run({ name, input })
      return (signal === undefined ? result : untilAborted(result, signal)) as ControlResult<typeof name>
    },
    close: () => closePool(pool),
  }
}

/** Starts the pool for CPU work; threads come with the first task and go when idle. */
export function createBodiesPool({ onError, file = BODIES_FILE }: PoolOptions = {}): BodiesPool {
  const pool = new Piscina({
    filename: file.href,
    minThreads: 0,
    maxThreads: Math.max(1, availableParallelism() - 1),
    concurrentTasksPerWorker: BODIES_TASKS_PER_THREAD,
    maxQueue: BODIES_QUEUE_MAX,
    idleTimeout: BODIES_IDLE_MS,
  })
  handleError(pool, onError)
  return {
    async run(task, { name, transferList } = {}) {
      // Piscina's own refusal has no code to tell it by.
      if (pool.queueSize >= BODIES_QUEUE_MAX) {
        throw new GatewayError('overloaded', 'Too many large requests wait to be read: send it again.')
      }
      return await pool.run(task, {
        ...(name === undefined ? {} : { name }),
        ...(transferList === undefined ? {} : { transferList: [...transferList] }),
      })
    },
    close: () => closePool(pool),
  }
}

/** Starts the pool for image models; its thread comes with the first call and goes when idle. */
export function createImagesPool({ onError, file = IMAGES_FILE }: PoolOptions = {}): ImagesPool {
  const pool = new Piscina({
    filename: file.href,
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: IMAGES_TASKS_MAX,
    idleTimeout: IMAGES_IDLE_MS,
    // As for the control thread.
    atomics: 'disabled',
  })
  handleError(pool, onError)
  return {
    run: (task, transferList) => pool.run(task, { transferList: [...transferList] }),
    close: () => closePool(pool),
  }
}

/** What a thread throws while no task waits for it (a late socket error of the SDK, say) would else end the daemon. */
function handleError(pool: Piscina, onError: (error: unknown) => void = () => {}): void {
  pool.on('error', onError)
}

/** Ends the threads at once: nothing they do outlives the daemon, and SQLite rolls back what was not committed. */
async function closePool(pool: Piscina): Promise<void> {
  await pool.destroy()
}
