import { deleteLessonsTask, readLessonsTask, storeLessonTask } from './lessons.js'
import { readRegionTask, releaseRefreshLease, renewRefreshLease, takeRefreshLease } from './refresh-lease.js'
import { refreshRegion } from './refresh-region.js'
import { resolveRuntimeAccess } from './runtime-access.js'

/** Every task of the control worker by name. All are asynchronous: they share one thread. A new one is a new line. */
const TASKS = {
  'refresh-region': refreshRegion,
  'take-refresh-lease': takeRefreshLease,
  'renew-refresh-lease': renewRefreshLease,
  'release-refresh-lease': releaseRefreshLease,
  'read-region': readRegionTask,
  'resolve-runtime-access': resolveRuntimeAccess,
  'store-lesson': storeLessonTask,
  'read-lessons': readLessonsTask,
  'delete-lessons': deleteLessonsTask,
} as const

/** The tasks as a type: names, inputs, results. */
export type ControlTasks = typeof TASKS

/** What the pool sends: the task's name and its plain input. */
export type ControlMessage = {
  readonly [Name in keyof ControlTasks]: {
    readonly name: Name
    readonly input: Parameters<ControlTasks[Name]>[0]
  }
}[keyof ControlTasks]

/** Piscina's entry point. */
export default function runControlTask({ name, input }: ControlMessage): Promise<unknown> {
  // The message type pairs each name with its input; the compiler can't follow that through the table.
  const task = TASKS[name] as (input: ControlMessage['input']) => Promise<unknown>
  return task(input)
}
