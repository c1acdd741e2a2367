import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConverseEvent, ConverseResponse } from '../../src/bedrock/types.js'
import { GatewayError } from '../../src/errors.js'
import type { ReplyHead } from '../../src/openai/chunks.js'
import { toCompletionBody } from '../../src/openai/completion.js'
import { parseChatRequest } from '../../src/openai/parse-chat-request.js'
import { toCompletion } from '../../src/translate/completion.js'
import type { Sanitized } from '../../src/translate/conversation.js'
import { createStreamTranslator } from '../../src/translate/stream.js'
import { toConverse } from '../../src/translate/to-converse.js'
import { schemaProblems } from '../openai/schema.js'
import { openaiDir, skipWithout } from '../shared.js'
import { chatTarget } from './chat-target.js'

/**
 * One folder, one case. `about.json` says what it shows and whose shape it follows, and holds what is not in the bodies:
 *   request.json → converse.json, or → refusal.json     a client's request → Converse's
 *   events.json → chunks.txt                            a ConverseStream → server-sent events, without `[DONE]`
 *   response.json → reply.json                          a Converse reply → a completion
 */
const casesDir = 'test/fixtures/chat'

interface About {
  readonly says: string
  readonly follows: string
  /** Whether the model has a system role; default true. */
  readonly systemPrompt?: boolean
  /** What had to be mended; everything else must be 0. */
  readonly sanitized?: Partial<Sanitized>
  /** Parameters that are named as dropped; default none. */
  readonly dropped?: readonly string[]
  readonly includeUsage?: boolean
}

const HEAD: ReplyHead = { id: 'chatcmpl-1', created: 1_750_000_000, model: 'the-model' }
const NOTHING_MENDED: Sanitized = {
  blankPartsDropped: 0,
  blankMessagesFilled: 0,
  blankSystemDropped: 0,
  leadingUsersAdded: 0,
  neighboursMerged: 0,
}
const schemasPath = join(openaiDir, 'openapi.subset.json')

const names = readdirSync(casesDir).sort()
const text = (name: string, file: string): string => readFileSync(join(casesDir, name, file), 'utf8')
const json = (name: string, file: string): unknown => JSON.parse(text(name, file))
const has = (name: string, file: string): boolean => existsSync(join(casesDir, name, file))

test('the fixtures are all there: each folder is of one kind', () => {
  assert.ok(names.length >= 55, `${names.length} cases`)
  for (const name of names) {
    const kinds = ['request.json', 'events.json', 'response.json'].filter((file) => has(name, file))
    assert.equal(kinds.length, 1, name)
  }
})

for (const name of names) {
  const about = json(name, 'about.json') as About
  test(`${name}: ${about.says}`, () => {
    if (has(name, 'events.json')) checkStream(name, about)
    else if (has(name, 'response.json')) checkReply(name)
    else if (has(name, 'refusal.json')) checkRefusal(name, about)
    else checkRequest(name, about)
  })
}

test('the replies of all fixtures are what OpenAI describes', { skip: skipWithout(schemasPath) }, () => {
  for (const name of names.filter((each) => has(each, 'reply.json'))) {
    assert.deepEqual(schemaProblems('CreateChatCompletionResponse', json(name, 'reply.json')), [], name)
  }
})

function translate(name: string, about: About) {
  const target = chatTarget({ systemPrompt: about.systemPrompt ?? true })
  return toConverse(parseChatRequest(json(name, 'request.json')), target)
}

function checkRequest(name: string, about: About): void {
  const { body, sanitized, dropped } = translate(name, about)
  assert.deepEqual(JSON.parse(JSON.stringify(body)), json(name, 'converse.json'))
  assert.deepEqual(sanitized, { ...NOTHING_MENDED, ...about.sanitized })
  assert.deepEqual(dropped, about.dropped ?? [])
}

function checkRefusal(name: string, about: About): void {
  assert.throws(
    () => translate(name, about),
    (error) => {
      assert(error instanceof GatewayError)
      const { code, param, message } = error
      assert.deepEqual({ code, param, message }, json(name, 'refusal.json'))
      return true
    },
  )
}

function checkStream(name: string, about: About): void {
  const events = (json(name, 'events.json') as object[]).map((event) => {
    const [[type, payload] = []] = Object.entries(event)
    return { type, payload } as ConverseEvent
  })
  const translator = createStreamTranslator(HEAD, about.includeUsage ?? false)
  const chunks = events.map((event) => translator.push(event)).join('')
  assert.equal(chunks, text(name, 'chunks.txt'))
  assert.equal(translator.stopped, true)
}

function checkReply(name: string): void {
  const body = toCompletionBody(HEAD, toCompletion(json(name, 'response.json') as ConverseResponse))
  assert.deepEqual(JSON.parse(body), json(name, 'reply.json'))
}
