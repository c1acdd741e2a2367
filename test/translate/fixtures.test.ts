import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConverseEvent, ConverseResponse } from '../../src/bedrock/types.js'
import type { AliasDefaults, Capabilities, ChatTarget } from '../../src/catalog/types.js'
import { NO_DEFAULTS } from '../../src/config/types.js'
import { GatewayError } from '../../src/errors.js'
import { type ReplyHead, writeUsageChunk } from '../../src/openai/chunks.js'
import { toCompletionBody } from '../../src/openai/completion.js'
import type { Fields } from '../../src/openai/fields.js'
import type { ChatRequest, MediaPart } from '../../src/openai/types.js'
import { parseChat } from '../../src/prepare-chat.js'
import { toCompletion } from '../../src/translate/completion.js'
import type {
  KeptReasoning,
  KeptThoughts,
  MediaBlocks,
  ReplyPlan,
  TranslationPolicy,
} from '../../src/translate/policy.js'
import { createRepairTally, type Sanitized } from '../../src/translate/repairs.js'
import { createStreamTranslator } from '../../src/translate/stream.js'
import { toConverse } from '../../src/translate/to-converse.js'
import { schemaProblems } from '../openai/schema.js'
import { openaiDir, skipWithout } from '../shared.js'
import { chatContext, chatTarget, replyPlan } from './chat-target.js'

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
  /** What the model can do, where it differs from `chatTarget`. */
  readonly capabilities?: Partial<Capabilities>
  /** Where a rule goes by the model's name. */
  readonly foundationId?: string
  /** What the alias sets. */
  readonly defaults?: Partial<AliasDefaults>
  readonly policy?: Partial<TranslationPolicy>
  readonly keptReasoning?: KeptReasoning
  readonly lessons?: readonly string[]
  /** What the way back is told; of a request: what it tells. Default: nothing special. */
  readonly plan?: Partial<ReplyPlan>
  /** Thoughts that the reply leaves behind for its tool calls; default none. */
  readonly kept?: KeptThoughts
  /** What had to be mended; everything else must be 0. */
  readonly sanitized?: Partial<Sanitized>
  /** Parameters that are named as dropped; default none. */
  readonly dropped?: readonly string[]
}

const HEAD: ReplyHead = { id: 'chatcmpl-1', created: 1_750_000_000, model: 'the-model' }
const NOTHING_MENDED: Sanitized = createRepairTally()
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
    else if (has(name, 'response.json')) checkReply(name, about)
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
  const { defaults, policy = {}, keptReasoning = {}, lessons = [] } = about
  const plain = chatTarget(about.capabilities)
  const target: ChatTarget = {
    ...plain,
    foundationId: about.foundationId ?? plain.foundationId,
    defaults: defaults === undefined ? null : { ...NO_DEFAULTS, ...defaults },
  }
  const request = parseChat(json(name, 'request.json') as Fields, target)
  const media = blocksOfDataUris(request)
  return toConverse(request, chatContext(target, { policy, keptReasoning, lessons, media }))
}

/** Images of a fixture are data URIs and go through as they are: fetching and scaling has its own tests. */
function blocksOfDataUris(request: ChatRequest): MediaBlocks {
  const blocks = new Map<MediaPart, { image: { format: string; source: { bytes: string } } }>()
  for (const { content } of request.messages) {
    for (const part of content) {
      const [, format = '', bytes = ''] =
        part.type === 'image' ? (/^data:image\/(\w+);base64,(.*)$/.exec(part.url) ?? []) : []
      if (part.type !== 'text' && bytes !== '') blocks.set(part, { image: { format, source: { bytes } } })
    }
  }
  return blocks
}

function checkRequest(name: string, about: About): void {
  const { body, plan, sanitized, dropped } = translate(name, about)
  assert.deepEqual(JSON.parse(JSON.stringify(body)), json(name, 'converse.json'))
  assert.deepEqual(sanitized, { ...NOTHING_MENDED, ...about.sanitized })
  assert.deepEqual(dropped, about.dropped ?? [])
  const { includeUsage, reasoningFormat } = plan
  assert.deepEqual(plan, replyPlan({ includeUsage, reasoningFormat, ...about.plan }))
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
  const plan = replyPlan(about.plan)
  const translator = createStreamTranslator({ head: HEAD, plan, choice: 0 })
  const said = events.map((event) => translator.push(event)).join('')
  const { usage, serviceTier } = translator.reply
  const asked = plan.includeUsage && usage !== null
  const chunks = asked ? said + writeUsageChunk(HEAD, usage, serviceTier) : said
  assert.equal(chunks, text(name, 'chunks.txt'))
  assert.equal(translator.reply.stopped, true)
  assert.deepEqual(translator.reply.kept, about.kept ?? null)
}

function checkReply(name: string, about: About): void {
  const response = json(name, 'response.json') as ConverseResponse
  const { choice, usage, serviceTier, kept } = toCompletion(response, replyPlan(about.plan))
  const body = toCompletionBody(HEAD, [choice], usage, serviceTier)
  assert.deepEqual(JSON.parse(body), json(name, 'reply.json'))
  assert.deepEqual(kept, about.kept ?? null)
}
