import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromBedrockFailure, parseErrorMessage, parseErrorType } from '../../src/bedrock/errors.js'
import { ERRORS, type ErrorCode, type GatewayError } from '../../src/errors.js'
import { recordingsDir, skipWithout } from '../shared.js'

const samplesPath = join(recordingsDir, 'error-samples.json')
const skip = skipWithout(samplesPath)

interface Sample {
  readonly id?: number
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: { readonly message: string }
  readonly inStreamException?: readonly string[]
  readonly payload?: string
}

/**
 * What Bedrock says → what clients get. `says` is how the message begins; `upstream` is the exception's name, null where a
 * recording kept no `x-amzn-errortype`. Every sample has exactly one row, and every row a sample.
 */
const TABLE: readonly {
  readonly says: string
  readonly upstream: string | null
  readonly status: number
  readonly code: ErrorCode
}[] = [
  // What is wrong with the request.
  { says: 'Invocation of model ID ', upstream: 'ValidationException', status: 400, code: 'invalid_request' },
  { says: 'Malformed input request', upstream: 'ValidationException', status: 400, code: 'invalid_request' },
  {
    says: 'messages.0.content.1.image.source.base64.data: URL',
    upstream: 'ValidationException',
    status: 400,
    code: 'invalid_request',
  },
  {
    says: "The provided model doesn't support counting tokens.",
    upstream: null,
    status: 400,
    code: 'invalid_request',
  },
  { says: 'tools.0: Input tag ', upstream: null, status: 400, code: 'invalid_request' },
  {
    says: 'The model returned the following errors: Malformed input',
    upstream: null,
    status: 400,
    code: 'invalid_request',
  },
  {
    says: "This model doesn't support the s3Uri field.",
    upstream: null,
    status: 400,
    code: 'invalid_request',
  },
  {
    says: "This model doesn't support the video content block",
    upstream: null,
    status: 400,
    code: 'invalid_request',
  },
  {
    says: 'The model returned the following errors: messages.2.content.2.document',
    upstream: null,
    status: 400,
    code: 'invalid_request',
  },
  {
    says: 'The text field in the ContentBlock object at',
    upstream: 'ValidationException',
    status: 400,
    code: 'invalid_request',
  },
  {
    says: 'The content field in the Message object at',
    upstream: 'ValidationException',
    status: 400,
    code: 'invalid_request',
  },
  {
    says: 'A conversation must alternate',
    upstream: 'ValidationException',
    status: 400,
    code: 'invalid_request',
  },
  {
    says: 'A conversation must start',
    upstream: 'ValidationException',
    status: 400,
    code: 'invalid_request',
  },
  {
    says: 'The toolConfig field must be defined',
    upstream: 'ValidationException',
    status: 400,
    code: 'invalid_request',
  },
  {
    says: 'The number of toolResult blocks',
    upstream: 'ValidationException',
    status: 400,
    code: 'invalid_request',
  },
  {
    says: 'Expected toolResult blocks',
    upstream: 'ValidationException',
    status: 400,
    code: 'invalid_request',
  },
  {
    says: 'The model returned the following errors: `temperature` and `top_p`',
    upstream: 'ValidationException',
    status: 400,
    code: 'invalid_request',
  },
  {
    says: 'The model returned the following errors: messages.0.content.1.image',
    upstream: 'ValidationException',
    status: 400,
    code: 'invalid_request',
  },
  {
    says: 'too many images and documents',
    upstream: 'ValidationException',
    status: 400,
    code: 'invalid_request',
  },
  {
    says: 'The model returned the following errors: The detected file',
    upstream: 'validationException',
    status: 400,
    code: 'invalid_request',
  },
  // Too long for the model.
  {
    says: 'The model returned the following errors: Input Tokens Exceeded',
    upstream: 'ValidationException',
    status: 400,
    code: 'context_length_exceeded',
  },
  {
    says: 'Input is too long for requested model',
    upstream: 'ValidationException',
    status: 400,
    code: 'context_length_exceeded',
  },
  // The model.
  {
    says: 'The provided model identifier is invalid.',
    upstream: 'ValidationException',
    status: 404,
    code: 'model_not_found',
  },
  { says: 'The provided model identifier is invalid.', upstream: null, status: 404, code: 'model_not_found' },
  {
    says: 'This model version has reached the end of its life.',
    upstream: 'ResourceNotFoundException',
    status: 404,
    code: 'model_not_found',
  },
  {
    says: "You don't have access to the model",
    upstream: 'AccessDeniedException',
    status: 403,
    code: 'access_denied',
  },
  // This gateway's credentials: nothing the client can mend, hence not a 401 or 403.
  {
    says: 'The security token included in the request is expired',
    upstream: 'ExpiredTokenException',
    status: 503,
    code: 'aws_credentials',
  },
  {
    says: 'The security token included in the request is invalid.',
    upstream: 'UnrecognizedClientException',
    status: 503,
    code: 'aws_credentials',
  },
  {
    says: 'Signature expired: ',
    upstream: 'InvalidSignatureException',
    status: 503,
    code: 'aws_credentials',
  },
  // Later it may work.
  {
    says: 'Too many tokens, please wait',
    upstream: 'ThrottlingException',
    status: 429,
    code: 'rate_limit_exceeded',
  },
  {
    says: 'Too many requests, please wait',
    upstream: 'ThrottlingException',
    status: 429,
    code: 'rate_limit_exceeded',
  },
  { says: 'Too many tokens per day', upstream: 'ThrottlingException', status: 429, code: 'quota_exceeded' },
  {
    says: 'Model is getting throttled.',
    upstream: 'ServiceUnavailableException',
    status: 503,
    code: 'upstream_unavailable',
  },
  {
    says: 'The system encountered an unexpected error',
    upstream: 'modelStreamErrorException',
    status: 502,
    code: 'upstream_error',
  },
]

test('every error sample of Bedrock becomes the status and code of its row in the table', { skip }, () => {
  const samples = JSON.parse(readFileSync(samplesPath, 'utf8')) as readonly Sample[]
  assert.equal(samples.length, 49)
  const used = new Set<object>()
  for (const sample of samples) {
    const { error, name, message } = toError(sample)
    const rows = TABLE.filter(({ says, upstream }) => message.startsWith(says) && upstream === name)
    assert.equal(rows.length, 1, `${rows.length} rows for: ${name} ${message}`)
    for (const row of rows) {
      used.add(row)
      assert.deepEqual(
        { status: error.status, code: error.code },
        { status: row.status, code: row.code },
        message,
      )
      assert.equal(error.upstream?.type, row.upstream)
    }
    assert.ok(error.message.endsWith(`: ${message}`), "Bedrock's own words are kept")
    assert.equal(error.retryAfterSeconds !== null, ERRORS[error.code].retry, message)
  }
  assert.deepEqual(
    TABLE.filter((row) => !used.has(row)),
    [],
    'rows without a sample',
  )
})

test('every exception of the service model becomes the same in a reply and, in lower camel case, in a stream', () => {
  const statuses = {
    ValidationException: 400,
    ServiceQuotaExceededException: 429,
    ConflictException: 400,
    AccessDeniedException: 403,
    ResourceNotFoundException: 404,
    ModelTimeoutException: 504,
    ModelErrorException: 502,
    ModelStreamErrorException: 502,
    ThrottlingException: 429,
    ModelNotReadyException: 503,
    InternalServerException: 502,
    ServiceUnavailableException: 503,
  }
  for (const [name, status] of Object.entries(statuses)) {
    const inStream = `${name.charAt(0).toLowerCase()}${name.slice(1)}`
    for (const spelling of [name, inStream]) {
      const error = fromBedrockFailure({ name: spelling, status: null, message: 'words', requestId: 'r-1' })
      assert.equal(error.status, status, spelling)
      assert.deepEqual(error.upstream, { type: spelling, status: null, requestId: 'r-1' })
    }
  }
})

test('an exception that nobody knows goes by its status', () => {
  const statuses = {
    400: 400,
    403: 403,
    404: 404,
    418: 400,
    429: 429,
    500: 502,
    502: 502,
    503: 503,
    599: 502,
  }
  for (const [upstream, status] of Object.entries(statuses)) {
    for (const name of [null, 'SomethingNewException', 'toString']) {
      const error = fromBedrockFailure({ name, status: Number(upstream), message: null, requestId: null })
      assert.equal(error.status, status, `${name} ${upstream}`)
      assert.match(error.message, /status \d+ without a message$/)
    }
  }
})

test('parseErrorType: the name is cut at the colon; nothing and an empty name are null', () => {
  assert.equal(parseErrorType('ValidationException:http://internal.amazon.com/coral/'), 'ValidationException')
  assert.equal(parseErrorType('ThrottlingException'), 'ThrottlingException')
  for (const header of [null, '', ':http://internal.amazon.com']) assert.equal(parseErrorType(header), null)
})

test('parseErrorMessage: takes message or Message, and null for any body that has neither', () => {
  assert.equal(parseErrorMessage('{"message":"a"}'), 'a')
  assert.equal(parseErrorMessage('{"Message":"b"}'), 'b')
  for (const body of ['', 'null', '[]', '"text"', '{}', '{"message":7}', '<html>', '{"message":"cut']) {
    assert.equal(parseErrorMessage(body), null, body)
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
      const message = parseErrorMessage(body)
      assert.ok(message === null || typeof message === 'string')
    }),
  )
})

function toError(sample: Sample): { error: GatewayError; name: string | null; message: string } {
  const inStream = sample.inStreamException?.[0]
  const body = inStream === undefined ? JSON.stringify(sample.body) : (sample.payload ?? '')
  const name = inStream ?? parseErrorType(sample.headers?.['x-amzn-errortype'] ?? null)
  const message = parseErrorMessage(body)
  assert(message !== null)
  const status = inStream === undefined ? sample.status : null
  return { error: fromBedrockFailure({ name, status, message, requestId: null }), name, message }
}

test('a refused signature is told by its first line: below it AWS repeats the request, session token included', () => {
  const error = fromBedrockFailure({
    name: 'InvalidSignatureException',
    status: 403,
    message:
      'The request signature we calculated does not match.\n\nThe Canonical String …\nx-amz-security-token:SECRET',
    requestId: null,
  })
  assert.equal(
    error.message,
    "AWS refused this gateway's credentials: The request signature we calculated does not match.",
  )
})
