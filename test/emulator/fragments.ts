const ARGUMENT_CHARACTERS = 8

/** How a model streams the input of a tool (bedrock-facts C5, recordings 19, 129 and 373). */
export type ToolInputStyle = 'nova' | 'claude' | 'pieces'

/** Which style a model has; models that were never recorded stream like Nova, in one delta. */
export function toolInputStyle(modelId: string): ToolInputStyle {
  if (modelId.includes('claude')) return 'claude'
  return modelId.includes('cohere') ? 'pieces' : 'nova'
}

/** A text in word-sized deltas; an empty or blank text is one delta. */
export function textFragments(text: string): readonly string[] {
  return text.match(/\s*\S+\s*/g) ?? [text]
}

/**
 * The input of a tool as deltas. Nova: whole, `{}` for no arguments. Claude: an empty delta, then pieces, none for no
 * arguments. A string is taken as it is, so that it may be cut off JSON.
 */
export function toolInputFragments(input: unknown, style: ToolInputStyle): readonly string[] {
  const json = typeof input === 'string' ? input : JSON.stringify(input ?? {})
  switch (style) {
    case 'nova':
      return [json]
    case 'claude':
      return json === '{}' ? [''] : ['', ...pieces(json)]
    case 'pieces':
      return pieces(json)
    default:
      return style satisfies never
  }
}

// By code points: a frame is UTF-8, so half a surrogate pair cannot travel.
function pieces(text: string): readonly string[] {
  const points = [...text]
  const count = Math.ceil(points.length / ARGUMENT_CHARACTERS)
  return Array.from({ length: count }, (_, index) =>
    points.slice(index * ARGUMENT_CHARACTERS, (index + 1) * ARGUMENT_CHARACTERS).join(''),
  )
}
