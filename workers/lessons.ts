import { deleteLessons, readLessons, type StoredLesson, storeLesson } from '../src/state/lesson-store.js'
import { type DiskOutcome, withDatabase } from './with-database.js'

/** Stores one lesson. */
export async function storeLessonTask(task: {
  readonly stateDir: string
  readonly lesson: StoredLesson
}): Promise<DiskOutcome<null>> {
  return withDatabase(task.stateDir, (database) => {
    storeLesson(database, task.lesson)
    return null
  })
}

/** What all processes that share the state directory have learned. */
export async function readLessonsTask(task: {
  readonly stateDir: string
}): Promise<DiskOutcome<readonly StoredLesson[]>> {
  return withDatabase(task.stateDir, readLessons)
}

/** Deletes the lessons of one model; null: all. */
export async function deleteLessonsTask(task: {
  readonly stateDir: string
  readonly model: string | null
}): Promise<DiskOutcome<null>> {
  return withDatabase(task.stateDir, (database) => {
    deleteLessons(database, task.model)
    return null
  })
}
