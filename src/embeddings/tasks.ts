import type { AskingTask } from '../aws/asking-task.js'
import type { ModelTarget } from '../catalog/types.js'
import type { EmbeddingRequest } from '../openai/embedding-types.js'
import type { FinishedBody } from './content.js'

/** Worker task `prepareEmbeddings`: reads a large request and makes the bodies of its calls. Its result is `PreparedBodies`. */
export interface PrepareEmbeddingsTask extends AskingTask {
  readonly inputsMax: number
  /** As `BEDROCKD_DROP_PARAMS`. */
  readonly dropParams: boolean
}

/** What only the main thread knows. `name` is the request's `model` as it came. */
export interface EmbeddingModelQuestion {
  readonly type: 'model'
  readonly name: unknown
}

export interface EmbeddingModelAnswer {
  readonly type: 'model'
  readonly target: ModelTarget
}

/** The memory of the bodies moved. */
export interface PreparedBodies {
  readonly type: 'prepared'
  readonly target: ModelTarget
  readonly inputsCount: number
  readonly encodingFormat: EmbeddingRequest['encodingFormat']
  readonly dropped: readonly string[]
  readonly bodies: readonly FinishedBody[]
}

/** Worker task `decodeTokens`: the text of each list of cl100k_base's ids. */
export interface DecodeTokensTask {
  readonly lists: readonly (readonly number[])[]
}
