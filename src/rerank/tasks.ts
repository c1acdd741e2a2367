import type { AskingTask } from '../aws/asking-task.js'
import type { ModelTarget } from '../catalog/types.js'

/** Worker task `prepareRerank`: reads a large request. Its result is `PreparedRerank`. */
export interface PrepareRerankTask extends AskingTask, RerankPolicy {}

export interface RerankPolicy {
  /** As `BEDROCKD_DROP_PARAMS`. */
  readonly dropParams: boolean
}

/** What only the main thread knows. `name` is the request's `model` as it came. */
export interface RerankModelQuestion {
  readonly type: 'model'
  readonly name: unknown
}

export interface RerankModelAnswer {
  readonly type: 'model'
  readonly target: ModelTarget
}
