import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordingsDir } from '../shared.js'

/** One recorded call, as far as tests read it. */
export interface Recording {
  readonly id: string
  readonly operation: string
  readonly modelId: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The reply where it is JSON. */
  readonly json: unknown
  /** The reply's exact bytes where it is a stream. */
  readonly body: Buffer
}

interface RecordingFile {
  readonly operation: string
  readonly modelId: string
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly json?: unknown
    readonly bodyBase64?: string
  }
}

/** The recording of this id, in four digits. */
export function readRecording(id: string): Recording {
  const file = JSON.parse(readFileSync(join(recordingsDir, `${id}.json`), 'utf8')) as RecordingFile
  const { status, headers, json, bodyBase64 } = file.response
  return {
    id,
    operation: file.operation,
    modelId: file.modelId,
    status,
    headers,
    json: json ?? null,
    body: Buffer.from(bodyBase64 ?? '', 'base64'),
  }
}

/** Every recorded reply of this operation with status 200, by id; none where the recordings are absent. */
export function readReplies(operation: string): readonly Recording[] {
  if (!existsSync(recordingsDir)) return []
  return readdirSync(recordingsDir)
    .filter((name) => /^\d{4}\.json$/.test(name))
    .sort()
    .map((name) => readRecording(name.slice(0, 4)))
    .filter((recording) => recording.operation === operation && recording.status === 200)
}
