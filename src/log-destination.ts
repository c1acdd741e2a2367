import { pino } from 'pino'

/** Lines are gathered up to this much, or for this long, and written together. */
const GATHERED_CHARACTERS = 32 * 1024
const GATHERED_MS = 100

/**
 * Where pino's lines go: to a file descriptor, in the background. Lines are gathered here, because sonic-boom 4 joins each
 * new one to the string it has gathered so far, which copies that string every time (14 KB for a line of 400 bytes).
 */
export function createLogDestination(fileDescriptor: number) {
  // With a `minLength` of 0 its `flush` does not wait for what is being written.
  const file = pino.destination({ dest: fileDescriptor, sync: false, minLength: 1, contentMode: 'buffer' })
  let lines: string[] = []
  let characters = 0

  function handOver(): void {
    if (lines.length === 0) return
    const gathered = Buffer.from(lines.join(''))
    lines = []
    characters = 0
    // Its types know text only; `contentMode: 'buffer'` takes bytes and nothing else.
    ;(file as unknown as { write: (bytes: Buffer) => void }).write(gathered)
  }

  setInterval(handOver, GATHERED_MS).unref()
  process.on('exit', () => {
    handOver()
    file.flushSync()
  })

  return {
    write(line: string): void {
      lines.push(line)
      characters += line.length
      if (characters >= GATHERED_CHARACTERS) handOver()
    },
    /** Calls back once everything so far is written. */
    flush(done?: (error?: Error) => void): void {
      handOver()
      file.flush(done)
    },
  }
}
