import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors.js'
import { parseChatRequest } from '../../src/openai/parse-chat-request.js'
import { toConverse } from '../../src/translate/to-converse.js'
import { openwebuiDir, skipWithout } from '../shared.js'
import { chatContext } from '../translate/chat-target.js'

const requestsPath = join(openwebuiDir, 'requests.jsonl')
const skip = skipWithout(requestsPath)

/** Chat bodies that Open WebUI really sent, by their line. */
const chats: ReadonlyMap<number, unknown> = existsSync(requestsPath)
  ? new Map(
      readFileSync(requestsPath, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { path: string; body: unknown })
        .flatMap(({ path, body }, index) => (path.endsWith('/chat/completions') ? [[index + 1, body]] : [])),
    )
  : new Map()

/** What this version does not translate yet, by line: what stands in the way. Every other body goes to Bedrock. */
const REFUSED: Readonly<Record<number, string>> = {
  3: 'messages[1].tool_calls',
  4: 'messages[1].tool_calls',
  8: 'messages[0].content[2]',
  32: 'messages[1].tool_calls',
  33: 'messages[1].tool_calls',
}

test('every chat body that Open WebUI sent is parsed', { skip }, () => {
  assert.equal(chats.size, 25)
  for (const [line, body] of chats) {
    const request = parseChatRequest(body)
    const { messages } = body as { messages: readonly unknown[] }
    assert.equal(request.messages.length, messages.length, `line ${line}`)
  }
})

test('every chat body that Open WebUI sent is translated, but for images and tools in the history', {
  skip,
}, () => {
  const refused: Record<number, string> = {}
  for (const [line, body] of chats) {
    try {
      const { body: converse } = toConverse(parseChatRequest(body), chatContext())
      assert.equal(converse.messages[0]?.role, 'user', `line ${line}`)
    } catch (error) {
      assert(error instanceof GatewayError, String(error))
      assert.equal(error.code, 'unsupported', `line ${line}: ${error.message}`)
      refused[line] = error.param ?? ''
    }
  }
  assert.deepEqual(refused, REFUSED)
})
