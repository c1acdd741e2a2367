import type { ModelRow } from './catalogue.js'
import type { ConverseRequest } from './converse-request.js'
import { checkCachePoints } from './rules/cache-points.js'
import { checkChatModel, checkMessages, checkRoles, checkSystem } from './rules/conversation.js'
import { checkDocuments, checkImages, checkMediaKinds } from './rules/media.js'
import { checkServiceTier, checkStructuredOutput } from './rules/output.js'
import { checkClaudeSampling, checkModelFields, checkStopSequences } from './rules/parameters.js'
import type { Rule, RuleFacts } from './rules/rule.js'
import { checkReasoningHistory, checkThinking } from './rules/thinking.js'
import { checkToolConfig, checkToolRounds } from './rules/tools.js'

// First what Bedrock checks itself, then what the model behind it does: the order in which users met the two.
const RULES: readonly Rule[] = [
  checkChatModel,
  checkSystem,
  checkMessages,
  checkRoles,
  checkToolConfig,
  checkToolRounds,
  checkMediaKinds,
  checkDocuments,
  checkStopSequences,
  checkServiceTier,
  checkCachePoints,
  checkStructuredOutput,
  checkModelFields,
  checkThinking,
  checkClaudeSampling,
  checkReasoningHistory,
  checkImages,
]

/** Refuses what Bedrock refuses whatever the service model says. Throws the first violation in Bedrock's words. */
export function checkConverse(request: ConverseRequest, model: ModelRow, facts: RuleFacts = {}): void {
  const context = { request, model, modelId: model.modelId, facts }
  for (const rule of RULES) rule(context)
}
