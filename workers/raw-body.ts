import { Readable } from 'node:stream'
import type { BedrockClient, ListFoundationModelsCommand } from '@aws-sdk/client-bedrock'

const BODY_BYTES_MAX = 16 * 1024 * 1024

/** Parsed bodies, first by the reply they came in, then by the output that `send` returns for it. */
const bodies = new WeakMap<object, unknown>()

/**
 * Makes the client keep the raw body of each successful reply for `rawBodyOf`: the SDK's own types drop what the
 * service model does not name (`converse`, `explicitPromptCaching`, …). The SDK itself gets an empty reply to parse.
 * Sending throws a `SyntaxError` where the body is no JSON, a `RangeError` where it is too large.
 */
export function keepRawBodies(client: BedrockClient): void {
  client.middlewareStack.add(
    (next) => async (input) => {
      const result = await next(input)
      const { response } = result
      // Error replies stay with the SDK, which knows their shapes and which of them to retry.
      if (!isReply(response) || response.statusCode >= 300) return result
      bodies.set(response, JSON.parse(await readText(response.body)))
      response.body = new TextEncoder().encode('{}')
      return result
    },
    // Low priority stands nearest to the wire: below the SDK's deserializer, inside its retries.
    { step: 'deserialize', priority: 'low', name: 'keepRawBody' },
  )
  client.middlewareStack.add(
    (next) => async (input) => {
      const result = await next(input)
      const { output, response } = result
      if (output !== undefined && isReply(response)) bodies.set(output, bodies.get(response))
      return result
    },
    { step: 'deserialize', priority: 'high', name: 'handOnRawBody' },
  )
}

/** The parsed body behind what `send` returned; undefined for a client without `keepRawBodies`. */
export function rawBodyOf(output: object): unknown {
  return bodies.get(output)
}

/** Adds a query parameter that the service model does not have. */
export function addQuery(command: ListFoundationModelsCommand, name: string, value: string): void {
  command.middlewareStack.add(
    (next) => (input) => {
      if (isRequest(input.request)) input.request.query[name] = value
      return next(input)
    },
    { step: 'build', name: 'addQuery' },
  )
}

/** An abort of the request destroys the body, and with it this loop. */
async function readText(body: unknown): Promise<string> {
  if (!(body instanceof Readable)) throw new TypeError('expected the body of a Node response')
  const fragments: Buffer[] = []
  let bytes = 0
  for await (const fragment of body as AsyncIterable<Buffer>) {
    bytes += fragment.length
    if (bytes > BODY_BYTES_MAX) throw new RangeError(`expected a listing of at most ${BODY_BYTES_MAX} bytes`)
    fragments.push(fragment)
  }
  return Buffer.concat(fragments).toString('utf8')
}

function isReply(value: unknown): value is { body: unknown; readonly statusCode: number } {
  return typeof value === 'object' && value !== null && 'statusCode' in value && 'body' in value
}

function isRequest(value: unknown): value is { readonly query: Record<string, string> } {
  return typeof value === 'object' && value !== null && 'query' in value
}
