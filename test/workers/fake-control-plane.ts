import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** One request as the two list routes see it. */
export interface ListRequest {
  readonly route: '/foundation-models' | '/inference-profiles'
  /** SYSTEM_DEFINED, APPLICATION or null. */
  readonly type: string | null
  readonly nextToken: string | null
  readonly authorization: string
}

/** What to answer: a JSON body, an error, text as it is, a reply that stops half way, or nothing at all. */
export type ListReply =
  | { readonly json: unknown }
  | { readonly error: string; readonly status: number; readonly message: string }
  | { readonly text: string }
  | { readonly half: string }
  | 'hang'

export interface FakeControlPlane {
  /** Answers every request from now on. */
  answer: (request: ListRequest) => ListReply
  /** Answers `GET /v1/models` of bedrock-mantle, which is not among `requests`. */
  mantle: ListReply
  readonly mantleRequests: { readonly authorization: string }[]
  readonly requests: ListRequest[]
}

/**
 * Starts an HTTP server that answers the two list routes and points the SDK at it (environment of this process).
 * Signatures are not checked.
 */
export async function startFakeControlPlane(context: TestContext): Promise<FakeControlPlane> {
  const fake: FakeControlPlane = {
    answer: () => 'hang',
    requests: [],
    mantle: { error: 'UnknownOperationException', status: 404, message: '' },
    mantleRequests: [],
  }
  const server = createServer((request, response) => {
    if (request.url === '/v1/models') {
      fake.mantleRequests.push({ authorization: request.headers.authorization ?? '' })
      reply(response, fake.mantle)
      return
    }
    const parsed = parseRequest(request)
    fake.requests.push(parsed)
    reply(response, fake.answer(parsed))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_BEDROCK: `http://127.0.0.1:${port}`,
    AWS_ENDPOINT_URL_BEDROCK_MANTLE: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  })
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return fake
}

function parseRequest(request: IncomingMessage): ListRequest {
  const url = new URL(request.url ?? '/', 'http://fake')
  const route = url.pathname === '/foundation-models' ? '/foundation-models' : '/inference-profiles'
  const { authorization = '' } = request.headers
  return {
    route,
    type: url.searchParams.get('type'),
    nextToken: url.searchParams.get('nextToken'),
    authorization,
  }
}

function reply(response: ServerResponse, answer: ListReply): void {
  if (answer === 'hang') return
  response.setHeader('content-type', 'application/json')
  response.setHeader('x-amzn-requestid', 'request-1')
  if ('json' in answer) response.end(JSON.stringify(answer.json))
  else if ('text' in answer) response.end(answer.text)
  else if ('half' in answer) {
    response.setHeader('content-length', answer.half.length * 2)
    response.write(answer.half)
  } else {
    response.statusCode = answer.status
    response.setHeader('x-amzn-errortype', `${answer.error}:http://internal.amazon.com/`)
    response.end(JSON.stringify({ message: answer.message }))
  }
}
