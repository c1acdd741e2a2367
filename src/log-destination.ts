import { pino } from 'pino'

/** Lines are gathered up to this much, or for this long, and written together. */
const GATHERED_BYTES = 32 * 1024
const GATHERED_MS = 100
/** Most that a UTF-16 unit takes in UTF-8. */
const UNIT_BYTES_MAX = 3

/** sonic-boom with `contentMode: 'buffer'`: its types know text only. */
interface BytesFile extends Pick<ReturnType<typeof pino.destination>, 'flush' | 'flushSync'> {
  write(bytes: Buffer): void
}

/**
 * Where pino's lines go: to a file descriptor, in the background. Lines are gathered here, because sonic-boom 4 joins each
 * new one to the string it has gathered so far, which copies that string every time (14 KB for a line of 400 bytes). They
 * are gathered as bytes: pino's strings are trees of many small ones.
 */
export function createLogDestination(fileDescriptor: number) {
  // With a `minLength` of 0 its `flush` does not wait for what is being written.
  const options = { dest: fileDescriptor, sync: false, minLength: 1, contentMode: 'buffer' } as const
  const file = pino.destination(options) as unknown as BytesFile
  const gathered = Buffer.allocUnsafeSlow(GATHERED_BYTES)
  let used = 0

  function handOver(): void {
    if (used === 0) return
    // A copy: where nobody reads the log, what waits holds its lines and not a whole block for each of them.
    file.write(Buffer.from(gathered.subarray(0, used)))
    used = 0
  }

  setInterval(handOver, GATHERED_MS).unref()
  process.on('exit', () => {
    handOver()
    file.flushSync()
  })

  return {
    write(line: string): void {
      if (used + line.length * UNIT_BYTES_MAX > GATHERED_BYTES) handOver()
      if (line.length * UNIT_BYTES_MAX > GATHERED_BYTES) file.write(Buffer.from(line))
      else used += gathered.write(line, used)
    },
    /** Calls back once everything so far is written. */
    flush(done?: (error?: Error) => void): void {
      handOver()
      file.flush(done)
    },
  }
}
