/**
 * Every task of the control worker by name, loaded with its first call: readiness waits for one of them, and shall not wait
 * for what the others need (366 ms from start to ready for 494, on one core, with the refresh after it). All are asynchronous:
 * they share one thread. A new one is a new line.
 */
const TASKS = {
  'resolve-runtime-access': async () => (await import('./runtime-access.js')).resolveRuntimeAccess,
  'refresh-region': async () => (await import('./refresh-region.js')).refreshRegion,
  'take-refresh-lease': async () => (await import('./refresh-lease.js')).takeRefreshLease,
  'renew-refresh-lease': async () => (await import('./refresh-lease.js')).renewRefreshLease,
  'release-refresh-lease': async () => (await import('./refresh-lease.js')).releaseRefreshLease,
  'read-region': async () => (await import('./refresh-lease.js')).readRegionTask,
  'store-lesson': async () => (await import('./lessons.js')).storeLessonTask,
  'read-lessons': async () => (await import('./lessons.js')).readLessonsTask,
  'delete-lessons': async () => (await import('./lessons.js')).deleteLessonsTask,
} as const

/** The tasks as a type: names, inputs, results. */
export type ControlTasks = {
  readonly [Name in keyof typeof TASKS]: Awaited<ReturnType<(typeof TASKS)[Name]>>
}

/** What the pool sends: the task's name and its plain input. */
export type ControlMessage = {
  readonly [Name in keyof ControlTasks]: {
    readonly name: Name
    readonly input: Parameters<ControlTasks[Name]>[0]
  }
}[keyof ControlTasks]

/** Piscina's entry point. */
export default async function runControlTask({ name, input }: ControlMessage): Promise<unknown> {
  // The message type pairs each name with its input; the compiler can't follow that through the table.
  const task = (await TASKS[name]()) as (input: ControlMessage['input']) => Promise<unknown>
  return task(input)
}
