import type { Logger } from 'pino'
import type { ControlPool } from './aws/worker-pool.js'
import { modelOf } from './catalog/names.js'
import type { ModelTarget } from './catalog/types.js'
import { codeOf } from './state/database.js'
import { LESSON_KEEP_MS, type StoredLesson } from './state/lesson-store.js'

export interface LessonBookOptions {
  readonly stateDir: string
  readonly pool: Pick<ControlPool, 'run'>
  /** What the start found on disk. */
  readonly lessons: readonly StoredLesson[]
  /** Hears of each parameter that is learned here. */
  readonly onLearned: (parameter: string) => void
  readonly log: Logger
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** Which parameters each model was seen to refuse: in memory for the requests, in SQLite for later and for others. */
export interface LessonBook {
  /** The parameters that this model is spared, in the order of learning. */
  lessonsOf(target: Pick<ModelTarget, 'id' | 'foundationId'>): readonly string[]
  /** Keeps a lesson; one that is known changes nothing. */
  learn(target: Pick<ModelTarget, 'id' | 'foundationId'>, parameter: string): void
  /**
   * Unlearns what one model was seen to refuse (by foundation model id, or whatever `list` calls it), or everything where it is
   * null; on disk, too. Resolves with what was forgotten; rejects where the disk can't be written.
   */
  forget(model: string | null): Promise<readonly StoredLesson[]>
  /** Takes over what other processes have learned and forgotten, in the background; joins a run under way. */
  reload(): void
  /** Everything that holds now, by model, then by parameter. */
  list(): readonly StoredLesson[]
}

const NOTHING: readonly string[] = []

export function createLessonBook(options: LessonBookOptions): LessonBook {
  const { stateDir, pool, onLearned, log, now = Date.now } = options
  /** By model, then by parameter: when it was learned. */
  const lessons = new Map<string, Map<string, number>>()
  /** Known to be on disk; what is missing there later was forgotten by another process. */
  const onDisk = new Set<string>()
  let isReloading = false
  takeOver(options.lessons)

  function takeOver(found: readonly StoredLesson[]): void {
    for (const { model, parameter, learnedAtMs } of found) {
      remember(model, parameter, learnedAtMs)
      onDisk.add(keyOf(model, parameter))
    }
  }

  function drop(model: string, parameter: string): void {
    lessons.get(model)?.delete(parameter)
    onDisk.delete(keyOf(model, parameter))
  }

  function list(): readonly StoredLesson[] {
    const all = [...lessons].flatMap(([model, known]) =>
      [...known].map(([parameter, learnedAtMs]) => ({ model, parameter, learnedAtMs })),
    )
    return all
      .filter(({ learnedAtMs }) => holds(learnedAtMs))
      .sort((one, other) => compare(one.model, other.model) || compare(one.parameter, other.parameter))
  }

  function remember(model: string, parameter: string, learnedAtMs: number): void {
    const known = lessons.get(model) ?? new Map<string, number>()
    known.set(parameter, Math.max(learnedAtMs, known.get(parameter) ?? 0))
    lessons.set(model, known)
  }

  function holds(learnedAtMs: number): boolean {
    // A time far ahead is a clock that was set back, or a damaged page: such a lesson would never end.
    return Math.abs(now() - learnedAtMs) < LESSON_KEEP_MS
  }

  /** Where it fails the lesson holds in this process all the same. */
  async function store(lesson: StoredLesson): Promise<void> {
    const outcome = await pool.run('store-lesson', { stateDir, lesson }).catch(toFailure)
    if (outcome.type === 'failed') log.warn({ code: outcome.code }, 'lesson could not be stored')
    else onDisk.add(keyOf(lesson.model, lesson.parameter))
  }

  async function readOthers(): Promise<void> {
    const before = new Set(onDisk)
    const outcome = await pool.run('read-lessons', { stateDir }).catch(toFailure)
    if (outcome.type === 'done') {
      const found = new Set(outcome.value.map(({ model, parameter }) => keyOf(model, parameter)))
      for (const { model, parameter } of list()) {
        const key = keyOf(model, parameter)
        if (before.has(key) && !found.has(key)) drop(model, parameter)
      }
      takeOver(outcome.value)
    } else log.warn({ code: outcome.code }, 'lessons could not be read')
    isReloading = false
  }

  return {
    lessonsOf(target) {
      const known = lessons.get(modelOf(target))
      if (known === undefined) return NOTHING
      return [...known].filter(([, learnedAtMs]) => holds(learnedAtMs)).map(([parameter]) => parameter)
    },
    learn(target, parameter) {
      const model = modelOf(target)
      if (holds(lessons.get(model)?.get(parameter) ?? 0)) return
      const lesson = { model, parameter, learnedAtMs: now() }
      remember(model, parameter, lesson.learnedAtMs)
      log.info({ model, parameter }, 'lesson learned')
      onLearned(parameter)
      void store(lesson)
    },
    reload() {
      if (isReloading) return
      isReloading = true
      void readOthers()
    },
    async forget(model) {
      const forgotten = list().filter((lesson) => model === null || lesson.model === model)
      const outcome = await pool.run('delete-lessons', { stateDir, model }).catch(toFailure)
      if (outcome.type === 'failed') throw new Error(`the lessons on disk stay: ${outcome.code}`)
      for (const lesson of forgotten) drop(lesson.model, lesson.parameter)
      log.info({ lessons: forgotten.length }, 'lessons forgotten')
      return forgotten
    },
    list,
  }
}

/** No model's name has a space. */
function keyOf(model: string, parameter: string): string {
  return `${model} ${parameter}`
}

/** The thread itself is gone: the daemon is being closed, most likely. */
function toFailure(error: unknown): { readonly type: 'failed'; readonly code: string } {
  return { type: 'failed', code: codeOf(error) }
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
