import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/**
 * The gateway one writes without thinking of speed: node:http in front, the AWS SDK behind, its `for await` over the
 * stream. Same chunks as bedrockd's. Upstream and credentials come from `AWS_*`; the port from `PORT`.
 */
const client = new BedrockRuntimeClient({
  requestHandler: new NodeHttpHandler({ httpAgent: { maxSockets: 10_000, keepAlive: true } }),
})

interface ChatBody {
  readonly model: string
  readonly stream: boolean
  readonly max_tokens: number
  readonly messages: readonly { readonly role: string; readonly content: string }[]
}

const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  if (request.method === 'POST') void relay(request, response).catch(() => response.destroy())
  else response.end('ready')
})
server.listen(Number(process.env['PORT']), '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))

async function relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  const chat = JSON.parse(Buffer.concat(parts).toString()) as ChatBody
  const head = {
    id: `chatcmpl-${crypto.randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: chat.model,
  }
  if (chat.stream) await relayStream(chat, head, response)
  else await relayWhole(chat, head, response)
}

async function relayStream(chat: ChatBody, head: object, response: ServerResponse): Promise<void> {
  const { stream } = await client.send(new ConverseStreamCommand(toInput(chat)))
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  const write = (delta: object, finish: string | null): void => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }]
    const chunk = { ...head, object: 'chat.completion.chunk', system_fingerprint: null, choices }
    response.write(`data: ${JSON.stringify(chunk)}\n\n`)
  }
  for await (const event of stream ?? []) {
    if (event.messageStart !== undefined) write({ role: 'assistant', content: '', refusal: null }, null)
    else if (event.contentBlockDelta !== undefined)
      write({ content: event.contentBlockDelta.delta?.text }, null)
    else if (event.messageStop !== undefined) write({}, 'stop')
  }
  response.end('data: [DONE]\n\n')
}

async function relayWhole(chat: ChatBody, head: object, response: ServerResponse): Promise<void> {
  const { output, usage } = await client.send(new ConverseCommand(toInput(chat)))
  const message = { role: 'assistant', content: output?.message?.content?.[0]?.text, refusal: null }
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }]
  const body = JSON.stringify({ ...head, object: 'chat.completion', choices, usage })
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function toInput(chat: ChatBody): ConverseCommandInput {
  const of = (role: string) => chat.messages.filter((message) => message.role === role)
  return {
    modelId: chat.model,
    messages: of('user').map(({ content }) => ({ role: 'user', content: [{ text: content }] })),
    system: of('system').map(({ content }) => ({ text: content })),
    inferenceConfig: { maxTokens: chat.max_tokens },
  }
}
