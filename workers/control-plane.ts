import { refreshRegion } from './refresh-region.js'

/** Every task of the control worker by name. All are asynchronous: they share one thread. A new one is a new line. */
const TASKS = {
  'refresh-region': refreshRegion,
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
export default function runControlTask(message: ControlMessage): Promise<unknown> {
  return TASKS[message.name](message.input)
}
