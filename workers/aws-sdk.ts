import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * The AWS SDK's clients, by `require`: an `import` of CommonJS first scans each file for what it exports, which takes a third
 * of the time (91 ms for 62, Node 20).
 */
export const loadBedrockSdk = (): typeof import('@aws-sdk/client-bedrock') =>
  require('@aws-sdk/client-bedrock')

/** The same for Bedrock Runtime. */
export const loadRuntimeSdk = (): typeof import('@aws-sdk/client-bedrock-runtime') =>
  require('@aws-sdk/client-bedrock-runtime')
