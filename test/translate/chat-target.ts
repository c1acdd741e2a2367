import type { Capabilities, ModelTarget } from '../../src/catalog/types.js'

/** A chat model as the catalogue resolves it, with these capabilities changed. */
export function chatTarget(capabilities: Partial<Capabilities> = {}): ModelTarget {
  const id = 'anthropic.claude-3-haiku-20240307-v1:0'
  return {
    id,
    requested: id,
    region: 'us-east-1',
    kind: 'chat',
    foundationId: id,
    capabilities: {
      streaming: true,
      systemPrompt: true,
      tools: true,
      reasoning: false,
      promptCaching: false,
      imageTypes: ['png'],
      documentTypes: [],
      videoTypes: [],
      maxOutputTokens: 4096,
      ...capabilities,
    },
  }
}
