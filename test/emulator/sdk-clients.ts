import { BedrockClient } from '@aws-sdk/client-bedrock'
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** Where and as whom an SDK client calls. */
export interface SdkOptions {
  readonly url: string
  readonly region?: string
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  /** Sent instead of a signature. */
  readonly bearerToken?: string
}

/** The AWS SDK's control-plane client, without retries. */
export function controlClient(options: SdkOptions): BedrockClient {
  return new BedrockClient(toConfig(options))
}

/** The AWS SDK's runtime client over HTTP/1.1, without retries: its default handler speaks HTTP/2. */
export function runtimeClient(options: SdkOptions): BedrockRuntimeClient {
  return new BedrockRuntimeClient({ ...toConfig(options), requestHandler: new NodeHttpHandler() })
}

function toConfig(options: SdkOptions) {
  return {
    endpoint: options.url,
    region: options.region ?? 'us-east-1',
    maxAttempts: 1,
    credentials: {
      accessKeyId: options.accessKeyId ?? 'AKIDEXAMPLE',
      secretAccessKey: options.secretAccessKey ?? 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    },
    ...(options.bearerToken === undefined
      ? {}
      : { token: { token: options.bearerToken }, authSchemePreference: ['httpBearerAuth'] }),
  }
}
