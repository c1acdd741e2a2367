import type Database from 'better-sqlite3'
import { codeOf, openDatabase } from '../src/state/database.js'
import { deleteLessons, readLessons, type StoredLesson, storeLesson } from '../src/state/lesson-store.js'

/** What became of a task: errors lose their code on the way out of a thread, so it is said here. */
export type LessonOutcome<Value> =
  | { readonly type: 'done'; readonly value: Value }
  /** SQLite's or the system's code. */
  | { readonly type: 'failed'; readonly code: string }

/** Stores one lesson. */
export async function storeLessonTask(task: {
  readonly stateDir: string
  readonly lesson: StoredLesson
}): Promise<LessonOutcome<null>> {
  return withDatabase(task.stateDir, (database) => {
    storeLesson(database, task.lesson)
    return null
  })
}

/** What all processes that share the state directory have learned. */
export async function readLessonsTask(task: {
  readonly stateDir: string
}): Promise<LessonOutcome<readonly StoredLesson[]>> {
  return withDatabase(task.stateDir, readLessons)
}

/** Deletes the lessons of one model; null: all. */
export async function deleteLessonsTask(task: {
  readonly stateDir: string
  readonly model: string | null
}): Promise<LessonOutcome<null>> {
  return withDatabase(task.stateDir, (database) => {
    deleteLessons(database, task.model)
    return null
  })
}

/** Opened each time, as for the snapshot: a damaged file may have been moved aside meanwhile. */
function withDatabase<Value>(
  stateDir: string,
  use: (database: Database.Database) => Value,
): LessonOutcome<Value> {
  try {
    const database = openDatabase(stateDir)
    try {
      return { type: 'done', value: use(database) }
    } finally {
      database.close()
    }
  } catch (error) {
    return { type: 'failed', code: codeOf(error) }
  }
}
