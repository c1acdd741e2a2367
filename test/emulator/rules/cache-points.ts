import { type ConverseRequest, type Json, member } from '../converse-request.js'
import { claudeVersion, promptCacheTokensMin } from '../model-traits.js'
import { BedrockError, validationError } from '../wire-error.js'
import { modelError, type Rule } from './rule.js'

const POINTS_MAX = 4

/** Where cache points may stand, how many, and for whom. */
export const checkCachePoints: Rule = ({ request, modelId }) => {
  const lists = toLists(request)
  const points = lists.flatMap(({ name, blocks }) =>
    blocks.flatMap((block, index) => ('cachePoint' in block ? [{ name, blocks, index }] : [])),
  )
  if (points.length === 0) return
  if (promptCacheTokensMin(modelId) === null) throw noCaching()
  for (const { blocks, index } of points) checkPlace(blocks, index)
  // griffinmartin/opencode-claude-auth#121. Nova has the same limit (AWS user guide, "Prompt caching"); its words are not known.
  if (points.length > POINTS_MAX) {
    throw modelError(
      `A maximum of ${POINTS_MAX} blocks with cache_control may be provided. Found ${points.length}.`,
    )
  }
  if (claudeVersion(modelId) === null) checkNovaTools(points)
  else checkClaudePoints(points)
}

interface Point {
  /** As in Anthropic's paths: `tools`, `system`, `messages.3.content`. */
  readonly name: string
  readonly blocks: readonly Json[]
  readonly index: number
}

// bedrock-facts C6: the order in which prefixes are built.
function toLists(request: ConverseRequest): readonly { name: string; blocks: readonly Json[] }[] {
  const tools = request.toolConfig?.['tools']
  return [
    { name: 'tools', blocks: Array.isArray(tools) ? (tools as readonly Json[]) : [] },
    { name: 'system', blocks: request.system },
    ...request.messages.map(({ content }, index) => ({ name: `messages.${index}.content`, blocks: content })),
  ]
}

function checkPlace(blocks: readonly Json[], index: number): void {
  const before = blocks[index - 1]
  // strands-agents/harness-sdk#3677, anomalyco/opencode#29728: something must stand before it in the same message.
  if (before === undefined) {
    throw validationError(
      'There is nothing available to cache. Please remove the invalid cache point and try again.',
    )
  }
  // anomalyco/opencode#36517.
  if ('reasoningContent' in before) {
    throw validationError(
      'Cache point cannot be inserted after reasoning block. Please remove the invalid cache point and try again.',
    )
  }
}

// nearai/ironclaw#1935 and the AWS user guide: Nova caches system and messages, not tools. Form as in recording 874.
function checkNovaTools(points: readonly Point[]): void {
  const point = points.find(({ name }) => name === 'tools')
  if (point === undefined) return
  throw modelError(
    `Malformed input request: #/toolConfig/tools/${point.index}: extraneous key [cachePoint] is not permitted, please reformat your input and try again.`,
  )
}

function checkClaudePoints(points: readonly Point[]): void {
  let shortSeen = false
  for (const { name, blocks, index } of points) {
    const before = blocks[index - 1]
    // strands-agents/harness-sdk#1966, aws/aws-sdk-java-v2#6277: documents that Bedrock reads itself; a PDF is the model's.
    const format = member(member(before, 'document'), 'format')
    if (format !== undefined && format !== 'pdf') throw modelError(`${name}.${index}.type: Field required`)
    const ttl = member(blocks[index]?.['cachePoint'], 'ttl') ?? '5m'
    // Portkey-AI/gateway#1762. The path is that of the block before the point, points not counted.
    if (ttl === '1h' && shortSeen) {
      const marked = blocks.slice(0, index).filter((block) => !('cachePoint' in block)).length - 1
      throw modelError(
        `${name}.${marked}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: \`tools\`, \`system\`, \`messages\`.`,
      )
    }
    shortSeen ||= ttl === '5m'
  }
}

// BerriAI/litellm#39210 (403, NVIDIA), pensarai/apex#943 (DeepSeek R1).
function noCaching(): BedrockError {
  return new BedrockError({
    status: 403,
    type: 'AccessDeniedException',
    message: 'You invoked an unsupported model or your request did not allow prompt caching.',
  })
}
