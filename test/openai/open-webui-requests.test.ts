import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { capabilitiesOfId } from '../../src/catalog/rules.js'
import { parseChatRequest } from '../../src/openai/parse-chat-request.js'
import type { ChatRequest } from '../../src/openai/types.js'
import type { MediaBlocks } from '../../src/translate/policy.js'
import { toConverse } from '../../src/translate/to-converse.js'
import { buildCatalogue } from '../emulator/catalogue.js'
import { parseConverse } from '../emulator/converse-request.js'
import { checkConverse } from '../emulator/converse-rules.js'
import { openwebuiDir, skipWithout } from '../shared.js'
import { chatContext, chatTarget } from '../translate/chat-target.js'
import { conversationProblems } from '../translate/conversation-problems.js'

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

test('every chat body that Open WebUI sent is parsed', { skip }, () => {
  assert.equal(chats.size, 25)
  for (const [line, body] of chats) {
    const request = parseChatRequest(body)
    const { messages } = body as { messages: readonly unknown[] }
    assert.equal(request.messages.length, messages.length, `line ${line}`)
  }
})

/** What carries a chat body of Open WebUI: every rule that one of them meets. */
const TARGETS = {
  claude: chatTarget({ reasoning: 'claude-budget' }),
  nova: chatTarget({ family: 'nova', reasoning: 'nova-2' }),
  llama: chatTarget({ family: 'llama', toolChoices: [], toolResultWithText: false, toolResultMedia: false }),
  'a model without tools': chatTarget({ family: 'titan', tools: false, systemPrompt: false }),
} as const

for (const [name, target] of Object.entries(TARGETS)) {
  test(`every chat body that Open WebUI sent becomes a conversation for ${name}`, { skip }, () => {
    for (const [line, body] of chats) {
      const request = parseChatRequest(body)
      const { body: converse } = toConverse(request, chatContext(target, { media: blocksOf(request) }))
      assert.deepEqual(conversationProblems(converse), [], `line ${line}`)
    }
  })
}

for (const modelId of ['anthropic.claude-3-7-sonnet-20250219-v1:0', 'amazon.nova-pro-v1:0']) {
  test(`every chat body that Open WebUI sent is one that ${modelId} takes, by the emulator's rules`, {
    skip,
  }, () => {
    const model = buildCatalogue('us-east-1').models.find((row) => row.modelId === modelId)
    assert.ok(model !== undefined)
    const target = { ...chatTarget(capabilitiesOfId(modelId)), id: modelId, foundationId: modelId }
    for (const [line, body] of chats) {
      const request = parseChatRequest(body)
      const { body: converse } = toConverse(request, chatContext(target, { media: blocksOf(request) }))
      assert.doesNotThrow(
        () => checkConverse(parseConverse(JSON.parse(JSON.stringify(converse))), model),
        `line ${line}`,
      )
    }
  })
}

test('the thoughts that Open WebUI sends back reach Claude, before its calls', { skip }, () => {
  const line = 3
  const { body } = toConverse(parseChatRequest(chats.get(line)), chatContext(TARGETS.claude))
  const kinds = body.messages[1]?.content.map((block) => Object.keys(block)[0])
  assert.deepEqual(kinds, ['reasoningContent', 'text', 'toolUse'])
  assert.deepEqual(body.messages[1]?.content[0]?.reasoningContent, {
    reasoningText: { text: 'let me think', signature: 'SIGTOOL==' },
  })
})

/** A block for each part that is no text: fetching and scaling has its own tests. */
function blocksOf({ messages }: ChatRequest): MediaBlocks {
  const image = { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } }
  const parts = messages.flatMap(({ content }) => content.filter((part) => part.type !== 'text'))
  return new Map(parts.map((part) => [part, image]))
}
