import type { ParameterInput } from './parameter-input.js'

/** Open WebUI sends the two characters `\n` where a line break was meant (openwebui-contract §2). */
const ESCAPES = { '\\n': '\n', '\\t': '\t', '\\r': '\r' } as const

/** The stop sequences that the model takes; those that it does not are named as `stop`. */
export function toStopSequences({ request, context, dropped }: ParameterInput): readonly string[] {
  const { capabilities } = context.target
  const wanted = request.stop.map(expand)
  const refused = !capabilities.stopSequences || context.lessons.includes('stop')
  // Claude: "stop_sequences: each stop sequence must contain non-whitespace" (BerriAI/litellm#3286).
  const taken = refused
    ? []
    : wanted.filter((sequence) => capabilities.family !== 'claude' || sequence.trim() !== '')
  if (taken.length < wanted.length) dropped.add('stop')
  return taken
}

function expand(sequence: string): string {
  return sequence.replace(/\\[ntr]/g, (sign) => ESCAPES[sign as keyof typeof ESCAPES])
}
