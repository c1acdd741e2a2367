/** What may be told of a failed AWS call: its type, status and request id. The message of AWS stays out. */
export interface AwsFailure {
  readonly name: string
  readonly status: number | null
  readonly requestId: string | null
  /** Fixed words for the operator. */
  readonly hint: string
}

const HINTS: Readonly<Record<string, string>> = {
  AccessDeniedException: 'the IAM policy must allow the call',
  UnrecognizedClientException: 'AWS does not know the access key or token',
  ExpiredTokenException: 'the session token has expired',
  InvalidSignatureException: 'check the secret key and the clock',
  CredentialsProviderError: 'no AWS credentials were found',
  TokenProviderError: 'no AWS token was found',
  ThrottlingException: 'AWS throttles the control plane',
  DeadlineExceeded: 'the refresh deadline passed',
  TimeoutError: 'AWS did not answer in time',
  ENOTFOUND: 'the endpoint has no address: does the region offer Bedrock?',
  ECONNREFUSED: 'nothing listens at the endpoint',
  SyntaxError: 'the reply is no JSON',
}

/** Reads an error of the SDK. */
export function toAwsFailure(error: unknown): AwsFailure {
  const { name = 'Error', code, $metadata } = isObject(error) ? (error as SdkErrorMembers) : {}
  const status = $metadata?.httpStatusCode ?? null
  const type = plainWord(status === null ? (code ?? name) : name) ?? 'Error'
  const hint = HINTS[type] ?? (status !== null && status >= 500 ? 'AWS failed' : 'the call failed')
  return { name: type, status, requestId: plainWord($metadata?.requestId), hint }
}

const CREDENTIAL_FAILURES: ReadonlySet<string> = new Set([
  // All regions wait for one search for credentials, and one that hangs never ends.
  'DeadlineExceeded',
  'UnrecognizedClientException',
  'ExpiredTokenException',
  'InvalidSignatureException',
])

/** True where the credentials, or the search for them, may be what failed: to go on with the same ones may never work. */
export function areCredentialsDoubtful({ name }: AwsFailure): boolean {
  return CREDENTIAL_FAILURES.has(name)
}

/** `AccessDeniedException 403 (request 1-2-3): the IAM policy must allow the call`. */
export function describeFailure(failure: AwsFailure): string {
  const status = failure.status === null ? '' : ` ${failure.status}`
  const request = failure.requestId === null ? '' : ` (request ${failure.requestId})`
  return `${failure.name}${status}${request}: ${failure.hint}`
}

/** The members that errors of the SDK and of Node's sockets have in common; each may be missing. */
interface SdkErrorMembers {
  readonly name?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Names and ids come from the wire: anything but a plain word is not repeated. */
function plainWord(text: unknown): string | null {
  return typeof text === 'string' && /^[\w.$-]{1,80}$/.test(text) ? text : null
}
