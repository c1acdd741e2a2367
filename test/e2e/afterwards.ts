import type { TestContext } from 'node:test'

const stepsOf = new WeakMap<TestContext, (() => unknown)[]>()

/**
 * Undoes something at the end of a test, the last first: a daemon has to be gone before its folder is. (The runner's own
 * `after` hooks go in the order they were set, and the first that throws ends them.)
 */
export function afterwards(context: TestContext, undo: () => unknown): void {
  const standing = stepsOf.get(context)
  if (standing !== undefined) {
    standing.push(undo)
    return
  }
  const steps = [undo]
  stepsOf.set(context, steps)
  context.after(async () => {
    for (const step of steps.reverse()) await step()
  })
}
