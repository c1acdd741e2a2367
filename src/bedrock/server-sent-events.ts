import { FrameError } from './frame-decoder.js'

/** Longest event that is waited for: Bedrock's own stream events have at most 1 MB (facts C1). */
const EVENT_BYTES_MAX = 4 * 1024 * 1024

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** Hears one event: its `event:` name (empty: none) and its `data:` lines, joined by line feeds. */
export type ServerSentEventSink = (name: string, data: string) => void

/** Takes the bytes of a `text/event-stream` body as they come. */
export interface ServerSentEventDecoder {
  /** Throws a `FrameError` for an event without end, and whatever the sink throws. */
  push(chunk: Buffer): void
}

/**
 * Decodes server-sent events (WHATWG HTML, "Parsing an event stream"): lines end with LF, CRLF or CR, a blank line ends
 * an event, a line that starts with a colon is a comment. Lines are cut as bytes, so that no character is ever torn; what
 * a chunk leaves unfinished is kept as it is and joined once.
 */
export function createServerSentEventDecoder(sink: ServerSentEventSink): ServerSentEventDecoder {
  let fragments: Buffer[] = []
  let fragmentBytes = 0
  /** The last chunk ended with CR: a LF in front of the next one belongs to it. */
  let endedWithReturn = false
  let isFirstLine = true
  let name = ''
  let dataLines: string[] = []
  let eventBytes = 0

  function takeLine(bytes: Buffer): void {
    const line = fragments.length === 0 ? bytes : Buffer.concat([...fragments, bytes])
    fragments = []
    fragmentBytes = 0
    const text = line.toString('utf8')
    readLine(isFirstLine && text.startsWith('\ufeff') ? text.slice(1) : text)
    isFirstLine = false
  }

  function readLine(line: string): void {
    if (line === '') {
      endEvent()
      return
    }
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const valueStart = line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1
    const value = colon < 0 ? '' : line.slice(valueStart)
    if (field === 'data') {
      limit(value.length)
      dataLines.push(value)
    } else if (field === 'event') {
      name = value
    }
  }

  function endEvent(): void {
    const [only = ''] = dataLines
    const data = dataLines.length > 1 ? dataLines.join('\n') : only
    const hasData = dataLines.length > 0
    const eventName = name
    name = ''
    dataLines = []
    eventBytes = 0
    if (hasData) sink(eventName, data)
  }

  function keep(bytes: Buffer): void {
    if (bytes.length === 0) return
    fragmentBytes += bytes.length
    if (fragmentBytes > EVENT_BYTES_MAX) throw tooLong()
    // A copy: the chunk's memory belongs to the socket.
    fragments.push(Buffer.from(bytes))
  }

  function limit(units: number): void {
    eventBytes += units
    if (eventBytes > EVENT_BYTES_MAX) throw tooLong()
  }

  return {
    push(chunk) {
      if (chunk.length === 0) return
      let start = endedWithReturn && chunk[0] === LINE_FEED ? 1 : 0
      endedWithReturn = false
      const lineEnds = createLineEnds(chunk)
      for (let end = lineEnds(start); end >= 0; end = lineEnds(start)) {
        takeLine(chunk.subarray(start, end))
        start = end + 1
        if (chunk[end] !== CARRIAGE_RETURN) continue
        if (start === chunk.length) endedWithReturn = true
        else if (chunk[start] === LINE_FEED) start += 1
      }
      keep(chunk.subarray(start))
    },
  }
}

/** The next line end at or after an offset, -1: none. Each sign is looked for once: few chunks hold a CR at all. */
function createLineEnds(chunk: Buffer): (from: number) => number {
  let feed = chunk.indexOf(LINE_FEED)
  let carriage = chunk.indexOf(CARRIAGE_RETURN)
  return (from) => {
    if (feed >= 0 && feed < from) feed = chunk.indexOf(LINE_FEED, from)
    if (carriage >= 0 && carriage < from) carriage = chunk.indexOf(CARRIAGE_RETURN, from)
    if (feed < 0 || carriage < 0) return Math.max(feed, carriage)
    return Math.min(feed, carriage)
  }
}

function tooLong(): FrameError {
  return new FrameError(`Server-sent event of more than ${EVENT_BYTES_MAX} bytes`)
}
