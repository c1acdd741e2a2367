import { type ConverseMessage, has, member } from '../converse-request.js'
import { claudeVersion } from '../model-traits.js'
import { validationError } from '../wire-error.js'
import { modelError, type Rule, type RuleContext, unsupportedField } from './rule.js'

const CONSIDERATIONS =
  'Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#important-considerations-when-using-extended-thinking'
const BUDGET_TOKENS_MIN = 1024
const TOP_P_MIN = 0.95

/** What Claude takes in `thinking`, and what else a request that thinks may carry. */
export const checkThinking: Rule = (context) => {
  const version = claudeVersion(context.modelId)
  const thinking = context.request.additionalModelRequestFields['thinking']
  const type = member(thinking, 'type')
  if (version === null || (type !== 'enabled' && type !== 'adaptive')) return
  // anthropics/claude-code#2507, on Bedrock; 3.7 was the first that thinks (recording 736).
  if (version < 3007) throw modelError(`'${bareName(context.modelId)}' does not support thinking.`)
  // vellum-ai/vellum-assistant#37276. Adaptive from 4.6 on: langchain-ai/langchain-aws#928.
  if (type === 'adaptive' && version < 4006)
    throw modelError('adaptive thinking is not supported on this model')
  // Kilo-Org/kilocode#10732, and 4.7 in tinovyatkin/amazon-bedrock-copilot-chat#526.
  if (type === 'enabled' && version >= 4007) {
    throw modelError(
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    )
  }
  if (type === 'enabled') checkBudget(context, member(thinking, 'budget_tokens'))
  checkSamplingWithThinking(context)
  checkToolChoice(context)
  // Adaptive thinking leaves earlier turns alone (Anthropic's guide, "Adaptive thinking").
  if (type === 'enabled') checkOpenRound(context.request.messages)
}

function checkBudget({ request }: RuleContext, budget: unknown): void {
  // danny-avila/LibreChat#8346.
  if (typeof budget !== 'number' || budget < BUDGET_TOKENS_MIN) {
    throw modelError(
      `thinking.enabled.budget_tokens: Input should be greater than or equal to ${BUDGET_TOKENS_MIN}`,
    )
  }
  const { maxTokens } = request.inferenceConfig as { maxTokens?: unknown }
  // vercel/ai#7927. With interleaved thinking the budget spans the whole turn and may be larger (Anthropic's guide).
  if (
    typeof maxTokens === 'number' &&
    maxTokens <= budget &&
    !isInterleaved(request.additionalModelRequestFields)
  ) {
    throw modelError(
      '`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size',
    )
  }
}

function isInterleaved(fields: Readonly<Record<string, unknown>>): boolean {
  return JSON.stringify(fields['anthropic_beta'] ?? '').includes('interleaved-thinking')
}

// Words of tailcallhq/forgecode#3472; temperature in dotCipher/opencode-claude-bridge#1, top_k in
// quarkiverse/quarkus-langchain4j#1812. On Bedrock: Aider-AI/aider#3720.
function checkSamplingWithThinking({ request }: RuleContext): void {
  const { temperature, topP } = request.inferenceConfig as { temperature?: number; topP?: number }
  if (temperature !== undefined && temperature !== 1) {
    throw modelError(
      `\`temperature\` may only be set to 1 when thinking is enabled or in adaptive mode. ${CONSIDERATIONS}`,
    )
  }
  if (topP !== undefined && topP < TOP_P_MIN) {
    throw modelError(
      `\`top_p\` must be greater than or equal to ${TOP_P_MIN} or unset when thinking is enabled or in adaptive mode. ${CONSIDERATIONS}`,
    )
  }
  if (request.additionalModelRequestFields['top_k'] !== undefined) {
    throw modelError(`\`top_k\` must be unset when thinking is enabled. ${CONSIDERATIONS}`)
  }
}

// strands-agents/harness-sdk#1495.
function checkToolChoice({ request }: RuleContext): void {
  const choice = request.toolConfig?.['toolChoice']
  if (member(choice, 'any') === undefined && member(choice, 'tool') === undefined) return
  throw modelError('Thinking may not be enabled when tool_choice forces tool use.')
}

// Words: lbjlaq/Antigravity-Manager#139; on Bedrock: RooCodeInc/Roo-Code#11238. The round is everything since the last
// message that is no tool result; its first assistant message is the one that must begin with the thoughts.
function checkOpenRound(messages: readonly ConverseMessage[]): void {
  const last = messages.at(-1)
  if (last === undefined || !has(last, 'toolResult')) return
  const asked = messages.findLastIndex((message) => message.role === 'user' && !has(message, 'toolResult'))
  const index = asked + 1
  const block = messages[index]?.content[0]
  if (block === undefined || 'reasoningContent' in block) return
  const found = 'toolUse' in block ? 'tool_use' : 'text'
  throw modelError(
    `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${found}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking`,
  )
}

/** Reasoning in the history: who takes it, and that Claude's is as Claude signed it. */
export const checkReasoningHistory: Rule = ({ request, modelId, facts }) => {
  request.messages.forEach((message, index) => {
    message.content.forEach((block, blockIndex) => {
      const reasoning = block['reasoningContent']
      if (reasoning === undefined) return
      const text = member(reasoning, 'reasoningText')
      const signature = member(text, 'signature')
      if (claudeVersion(modelId) === null) {
        checkForeignReasoning(modelId, signature)
        return
      }
      if (text === undefined) return
      const place = `messages.${index}.content.${blockIndex}`
      // earendil-works/pi#2063: absent and empty alike.
      if (typeof signature !== 'string' || signature === '') {
        throw modelError(`${place}.thinking.signature: Field required`)
      }
      // chenhg5/cc-connect#897; Claude verifies every block, whether it thinks or not (maximhq/bifrost#6942).
      if (facts.signer?.verifies(String(member(text, 'text')), signature) === false) {
        throw modelError(`${place}: Invalid \`signature\` in \`thinking\` block`)
      }
    })
  })
}

// can1357/oh-my-pi#9086: Nova refuses its own thoughts, and (earendil-works/pi#727) so do models that have none.
const WITHOUT_REASONING_HISTORY = /amazon\.|meta\.|cohere\.|ai21\.|mistral\.(?:mistral|pixtral|mixtral)/

// earendil-works/pi#686 and #727: gpt-oss, Qwen, MiniMax, Moonshot take reasoning, but without a signature.
function checkForeignReasoning(modelId: string, signature: unknown): void {
  if (WITHOUT_REASONING_HISTORY.test(modelId)) {
    throw validationError(
      'User messages cannot contain reasoning content. Please remove the reasoning content and try again.',
    )
  }
  if (signature !== undefined) throw unsupportedField('reasoningContent.reasoningText.signature')
}

function bareName(modelId: string): string {
  return modelId.replace(/^.*anthropic\./, '').replace(/-v\d+(?::\d+)?$/, '')
}
