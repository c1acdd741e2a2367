import type { GatewayError } from '../errors.js'
import { fromBedrockFailure, parseErrorBody } from './errors.js'
import { FrameError } from './frame-decoder.js'
import { parseFrameKind } from './frame-headers.js'
import type { ConverseEvent } from './types.js'

const EVENT_NAMES: ReadonlySet<string> = new Set([
  'messageStart',
  'contentBlockStart',
  'contentBlockDelta',
  'contentBlockStop',
  'messageStop',
  'metadata',
] satisfies ConverseEvent['type'][])

const UNKNOWN_EVENT: ConverseEvent = { type: 'unknown' }

/**
 * The ConverseStream event of one frame. Throws a `GatewayError` for an exception frame, and a `FrameError` for a payload
 * that is not what the service model says.
 */
export function parseConverseEvent(
  bytes: Buffer,
  headersStart: number,
  headersEnd: number,
  payloadEnd: number,
): ConverseEvent {
  const kind = parseFrameKind(bytes, headersStart, headersEnd)
  const text = bytes.toString('utf8', headersEnd, payloadEnd)
  switch (kind.type) {
    case 'event':
      if (!EVENT_NAMES.has(kind.name)) return UNKNOWN_EVENT
      // The shape is the service's promise; its absence surfaces as a TypeError that the relay reports.
      return { type: kind.name, payload: parsePayload(text) } as ConverseEvent
    case 'exception':
      throw toStreamFailure(kind.name, text)
    case 'error':
      throw fromBedrockFailure({ name: kind.name, status: null, message: kind.message, requestId: null })
    default:
      return kind satisfies never
  }
}

function toStreamFailure(name: string, payload: string): GatewayError {
  const said = parseErrorBody(payload)
  const { message = null, originalStatus = null } = said ?? {}
  return fromBedrockFailure({ name, status: null, message, requestId: null, originalStatus })
}

function parsePayload(text: string): object {
  try {
    const payload: unknown = JSON.parse(text)
    if (typeof payload === 'object' && payload !== null) return payload
  } catch {
    // Falls through: the same complaint.
  }
  throw new FrameError('Event payload is not a JSON object')
}
