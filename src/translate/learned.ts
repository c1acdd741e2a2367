import { takeOutOf } from '../bedrock/take-outs.js'
import type { ConverseRequest } from '../bedrock/types.js'
import type { DropList } from './drop-list.js'

/**
 * The same request without what the model was seen to refuse, as far as the parts of the translation left it in; what a
 * client would miss is named as dropped.
 */
export function withoutLearned(
  body: ConverseRequest,
  lessons: readonly string[],
  dropped: DropList,
): ConverseRequest {
  return lessons.reduce((rest, parameter) => {
    const { saidAs, takeOut } = takeOutOf(parameter)
    const without = takeOut(rest)
    if (without !== null && saidAs !== null) dropped.add(saidAs)
    return without ?? rest
  }, body)
}
