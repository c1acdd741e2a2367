/** The service model's pattern for `guardrailIdentifier`, without the empty string. */
export function isGuardrailId(text: string): boolean {
  return /^([a-z0-9]+|arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+)$/.test(text)
}

/** The service model's pattern for `guardrailVersion`. */
export function isGuardrailVersion(text: string): boolean {
  return /^([1-9][0-9]{0,7}|DRAFT)$/.test(text)
}
