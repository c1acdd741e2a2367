import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContentBlock, Message } from '../../src/bedrock/types.js'
import type { Capabilities } from '../../src/catalog/types.js'
import type { ReasoningRequest } from '../../src/openai/types.js'
import { createDropList } from '../../src/translate/drop-list.js'
import { settleReasoning } from '../../src/translate/reasoning.js'
import { chatContext, chatRequest, chatTarget } from './chat-target.js'

const QUESTION: Message = { role: 'user', content: [{ text: 'Hi' }] }
const THOUGHT: ContentBlock = { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'c2ln' } } }
const CALL: ContentBlock = { toolUse: { toolUseId: 't1', name: 'f', input: {} } }
const RESULT: Message = {
  role: 'user',
  content: [{ toolResult: { toolUseId: 't1', content: [{ text: '1' }] } }],
}
const assistant = (...content: ContentBlock[]): Message => ({ role: 'assistant', content })

const BUDGET: Partial<ReasoningRequest> = { type: 'enabled', budgetTokens: 2000 }

interface Case {
  readonly can: Partial<Capabilities>
  readonly reasoning?: Partial<ReasoningRequest>
  readonly messages?: readonly Message[]
  readonly forcedTool?: boolean
  readonly maxTokens?: number
}

function settle({ can, reasoning = BUDGET, messages = [QUESTION], forcedTool = false, maxTokens }: Case) {
  const dropped = createDropList(true, 'm')
  const request = chatRequest({
    reasoning: { effort: null, type: null, budgetTokens: null, ...reasoning },
    maxTokens: maxTokens ?? null,
  })
  const context = chatContext(chatTarget({ maxOutputTokens: 64_000, ...can }))
  const { fields, effort } = settleReasoning({ request, context, messages, forcedTool, dropped })
  return { fields, effort, dropped: dropped.names() }
}

const DROPPED = { fields: {}, effort: null, dropped: ['thinking'] }
const ENABLED = {
  fields: { thinking: { type: 'enabled', budget_tokens: 2000 } },
  effort: null,
  dropped: [],
}

test('a budget needs the thoughts of the tool round that is open, and only of that', () => {
  const can = { reasoning: 'claude-budget' } as const
  const open = (...content: ContentBlock[]) => [QUESTION, assistant(...content), RESULT]
  assert.deepEqual(settle({ can, messages: open(THOUGHT, CALL) }), ENABLED)
  assert.deepEqual(settle({ can, messages: open(CALL) }), DROPPED)
  assert.deepEqual(settle({ can, messages: open({ text: 'So.' }, CALL) }), DROPPED)
  const closed = [...open(CALL), assistant({ text: '1' }), QUESTION]
  assert.deepEqual(settle({ can, messages: closed }), ENABLED)
})

test('a budget goes on through the rounds of one turn, whose first alone begins with a thought', () => {
  const can = { reasoning: 'claude-budget' } as const
  const again = (content: readonly ContentBlock[]) => [assistant(...content), RESULT]
  assert.deepEqual(
    settle({ can, messages: [QUESTION, ...again([THOUGHT, CALL]), ...again([CALL])] }),
    ENABLED,
  )
  assert.deepEqual(
    settle({ can, messages: [QUESTION, ...again([CALL]), ...again([THOUGHT, CALL])] }),
    DROPPED,
  )
  // Said beside the results, the user's words may open a turn of their own.
  const beside: Message = { role: 'user', content: [...RESULT.content, { text: 'And?' }] }
  const before = [QUESTION, assistant(THOUGHT, CALL), beside]
  assert.deepEqual(settle({ can, messages: [...before, ...again([CALL])] }), DROPPED)
  assert.deepEqual(settle({ can, messages: [...before, ...again([THOUGHT, CALL])] }), ENABLED)
})

test('adaptive thinking does not need the thoughts of the open tool round', () => {
  const messages = [QUESTION, assistant(CALL), RESULT]
  const either = settle({ can: { reasoning: 'claude-either' }, messages })
  assert.deepEqual(either, { fields: { thinking: { type: 'adaptive' } }, effort: 'low', dropped: [] })
  const adaptive = settle({ can: { reasoning: 'claude-adaptive' }, messages })
  assert.deepEqual(adaptive.fields, { thinking: { type: 'adaptive', display: 'summarized' } })
  assert.deepEqual(adaptive.dropped, [])
})

test('a reply that is to be continued is not thought about with a budget', () => {
  const messages = [QUESTION, assistant({ text: 'Once upon' })]
  assert.deepEqual(settle({ can: { reasoning: 'claude-budget' }, messages }), DROPPED)
})

test('a forced tool goes before thinking where the two exclude each other', () => {
  for (const reasoning of ['claude-budget', 'claude-either', 'claude-adaptive'] as const) {
    assert.deepEqual(settle({ can: { reasoning }, forcedTool: true }), DROPPED, reasoning)
  }
  assert.deepEqual(settle({ can: { family: 'deepseek', reasoning: 'effort' }, forcedTool: true }).dropped, [
    'thinking',
  ])
  // langchain-ai/langchain-aws#1141: Sonnet 5 and Fable 5 think and are forced.
  for (const reasoning of ['claude-default', 'claude-always'] as const) {
    assert.deepEqual(settle({ can: { reasoning }, forcedTool: true }).dropped, [], reasoning)
  }
})

test('a budget leaves at least a token for the answer, whatever the limits', () => {
  for (const maxTokens of [1, 1024, 1025, 1279, 1280, 5000, 63_999, 64_000, 200_000]) {
    for (const wish of [BUDGET, { effort: 'max' as const }, { budgetTokens: 1_000_000 }]) {
      const { fields, dropped } = settle({ can: { reasoning: 'claude-budget' }, reasoning: wish, maxTokens })
      const { thinking } = fields as { thinking?: { budget_tokens: number } }
      assert.equal(thinking === undefined, dropped.length === 1)
      if (thinking === undefined) continue
      assert.ok(thinking.budget_tokens >= 1024)
      assert.ok(
        thinking.budget_tokens < Math.min(maxTokens, 64_000),
        `${maxTokens}: ${thinking.budget_tokens}`,
      )
    }
  }
})

test('an explicit switch goes before an effort of none, and off before everything', () => {
  const can = { reasoning: 'claude-default' } as const
  assert.deepEqual(settle({ can, reasoning: { effort: 'none' } }).fields, { thinking: { type: 'disabled' } })
  assert.deepEqual(settle({ can, reasoning: { effort: 'high', type: 'disabled' } }).fields, {
    thinking: { type: 'disabled' },
  })
  const both = settle({ can, reasoning: { effort: 'none', type: 'enabled' } })
  assert.deepEqual(both.fields, { thinking: { type: 'adaptive', display: 'summarized' } })
})
