import type Database from 'better-sqlite3'

/** A parameter that a model was seen to refuse: no text of AWS, none of a client. */
export interface StoredLesson {
  /** Foundation model id where it is known, else what stands in the Bedrock path. */
  readonly model: string
  readonly parameter: string
  /** Milliseconds since the epoch. */
  readonly learnedAtMs: number
}

/**
 * After this long a parameter is tried again: models change, a lesson may be wrong, and a refused call costs a tenth of a second
 * and no tokens.
 */
export const LESSON_KEEP_MS = 24 * 60 * 60 * 1000
/** Lessons of all models; the oldest go. Clients name fields of their own, and no client shall fill the disk. */
export const LESSONS_MAX = 1_000

/** A damaged page may hold anything. */
const PARAMETER_PATTERN = /^[\w.]{1,64}$/

interface LessonRow {
  readonly model: string
  readonly parameter: string
  readonly learned_at_ms: number
}

/** Stores one lesson, or its later time, and deletes what is old or too many. */
export function storeLesson(database: Database.Database, lesson: StoredLesson): void {
  database.transaction(() => storeInTransaction(database, lesson)).immediate()
}

function storeInTransaction(
  database: Database.Database,
  { model, parameter, learnedAtMs }: StoredLesson,
): void {
  database
    .prepare(
      `INSERT INTO lesson (model, parameter, learned_at_ms) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET learned_at_ms = max(learned_at_ms, excluded.learned_at_ms)`,
    )
    .run(model, parameter, learnedAtMs)
  database.prepare('DELETE FROM lesson WHERE learned_at_ms <= ?').run(learnedAtMs - LESSON_KEEP_MS)
  database
    .prepare(
      `DELETE FROM lesson WHERE (model, parameter) NOT IN
         (SELECT model, parameter FROM lesson ORDER BY learned_at_ms DESC LIMIT ?)`,
    )
    .run(LESSONS_MAX)
}

/** Every lesson, the oldest first; what has expired is among them, if nothing was stored since. */
export function readLessons(database: Database.Database): readonly StoredLesson[] {
  const rows = database
    .prepare<[], LessonRow>('SELECT model, parameter, learned_at_ms FROM lesson ORDER BY learned_at_ms')
    .all()
  return rows
    .filter(({ parameter }) => PARAMETER_PATTERN.test(parameter))
    .map(({ model, parameter, learned_at_ms }) => ({ model, parameter, learnedAtMs: learned_at_ms }))
}

/** Deletes the lessons of one model; null: of all models. */
export function deleteLessons(database: Database.Database, model: string | null): void {
  database.prepare('DELETE FROM lesson WHERE ? IS NULL OR model = ?').run(model, model)
}
