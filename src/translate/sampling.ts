import type { InferenceConfig } from '../bedrock/types.js'
import type { ParameterInput } from './parameter-input.js'

type Sampling = Pick<InferenceConfig, 'temperature' | 'topP'>

/** What every model does of itself: leaving it out changes nothing and is not worth a word. */
const USUAL = 1
/** While Claude thinks it takes a top_p of this or more (AWS user guide, "Extended thinking"). */
const THINKING_TOP_P_MIN = 0.95

/**
 * Temperature and top_p as the model takes them: both, one of the two (then the temperature) or neither. What is left out is
 * named, unless it asked for what happens anyway.
 */
export function toSampling({ request, context, reasoning, dropped }: ParameterInput): Sampling {
  const { sampling } = context.target.capabilities
  // Converse takes temperatures up to 1, OpenAI up to 2: what is above is as hot as it gets.
  const temperature = request.temperature === null ? null : Math.min(request.temperature, 1)
  const { topP } = request
  const silent = sampling === 'none' || reasoning.refusesInference
  const rivals = sampling === 'either' && temperature !== null && topP !== null
  const keepsTemperature =
    !silent &&
    !reasoning.fixesSampling &&
    !context.lessons.includes('temperature') &&
    !(rivals && temperature === USUAL && topP !== USUAL)
  const keepsTopP =
    !silent &&
    !(reasoning.fixesSampling && (topP ?? USUAL) < THINKING_TOP_P_MIN) &&
    !context.lessons.includes('top_p') &&
    !(rivals && keepsTemperature)
  if (!keepsTemperature && temperature !== null && temperature !== USUAL) dropped.add('temperature')
  if (!keepsTopP && topP !== null && topP !== USUAL) dropped.add('top_p')
  return {
    ...(keepsTemperature && temperature !== null ? { temperature } : {}),
    ...(keepsTopP && topP !== null ? { topP } : {}),
  }
}
