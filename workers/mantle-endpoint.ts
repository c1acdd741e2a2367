/**
 * Base URL of a region's bedrock-mantle without a trailing slash, from the variables of the AWS SDK's scheme, which does
 * not know the service itself. Null: there is none that may be used. No FIPS endpoint of it is documented.
 */
export function mantleEndpoint(
  region: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  const set = environment['AWS_ENDPOINT_URL_BEDROCK_MANTLE'] || environment['AWS_ENDPOINT_URL'] || ''
  if (URL.canParse(set)) return set.replace(/\/+$/, '')
  if (/^true$/i.test(environment['AWS_USE_FIPS_ENDPOINT'] ?? '')) return null
  return `https://bedrock-mantle.${region}.api.aws`
}
