import { openDatabase } from '../src/state/database.js'
import { readLessons, type StoredLesson, storeLesson } from '../src/state/lesson-store.js'

/** Stores one lesson. Rejects with SQLite's error or a `StateError`. */
export async function storeLessonTask(task: {
  readonly stateDir: string
  readonly lesson: StoredLesson
}): Promise<void> {
  // Opened for each write, as the snapshot is: a damaged file may have been moved aside meanwhile.
  const database = openDatabase(task.stateDir)
  try {
    storeLesson(database, task.lesson)
  } finally {
    database.close()
  }
}

/** What all processes that share the state directory have learned. Rejects with SQLite's error or a `StateError`. */
export async function readLessonsTask({
  stateDir,
}: {
  readonly stateDir: string
}): Promise<readonly StoredLesson[]> {
  const database = openDatabase(stateDir)
  try {
    return readLessons(database)
  } finally {
    database.close()
  }
}
