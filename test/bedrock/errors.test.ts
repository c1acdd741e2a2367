import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromBedrockFailure, parseErrorBody, parseErrorType } from '../../src/bedrock/errors.js'
import { ERRORS, type ErrorCode, GatewayError } from '../../src/errors.js'
import { encodeFrame } from '../emulator/event-stream-encoder.js'
import { recordingsDir, skipWithout } from '../shared.js'
import { decodeEvents } from './decode.js'

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

interface Row {
  readonly says: string
  /** The exception's name; null where a recording kept no `x-amzn-errortype`. */
  readonly upstream: string | null
  readonly code: ErrorCode
  readonly param: string | null
  /** Part of what is added to Bedrock's words; null: nothing is. */
  readonly hint: string | null
}

const MESSAGES = {
  upstream: 'ValidationException',
  code: 'invalid_request',
  param: 'messages',
  hint: null,
} as const
const CREDENTIALS = { code: 'aws_credentials', param: null, hint: null } as const
const MODEL = { code: 'model_not_found', param: 'model', hint: 'GET /v1/models' } as const

/** What Bedrock says → what clients get. `says` is how the message begins. Every sample has exactly one row, and every row a sample. */
const TABLE: readonly Row[] = [
  // What is wrong with the request.
  { ...MESSAGES, says: 'Malformed input request, please', param: null },
  { ...MESSAGES, says: 'Malformed input request: #/messages/0' },
  { ...MESSAGES, says: 'messages.0.content.1.image.source.base64.data: URL', hint: 'data: URI' },
  { ...MESSAGES, says: "The provided model doesn't support counting", upstream: null, param: null },
  { ...MESSAGES, says: 'tools.0: Input tag ', upstream: null, param: 'tools' },
  { ...MESSAGES, says: 'The model returned the following errors: Malformed input', upstream: null },
  { ...MESSAGES, says: "This model doesn't support the s3Uri field.", upstream: null },
  { ...MESSAGES, says: "This model doesn't support the video content block", upstream: null },
  { ...MESSAGES, says: 'The model returned the following errors: messages.2.content.2.doc', upstream: null },
  { ...MESSAGES, says: 'The text field in the ContentBlock object at' },
  { ...MESSAGES, says: 'The content field in the Message object at' },
  { ...MESSAGES, says: 'A conversation must alternate' },
  { ...MESSAGES, says: 'A conversation must start' },
  { ...MESSAGES, says: 'The toolConfig field must be defined', param: 'tools' },
  { ...MESSAGES, says: 'The number of toolResult blocks' },
  { ...MESSAGES, says: 'Expected toolResult blocks' },
  {
    ...MESSAGES,
    says: 'The model returned the following errors: `temperature` and `top_p`',
    param: 'temperature',
    hint: 'one of the two',
  },
  {
    ...MESSAGES,
    says: 'The model returned the following errors: messages.0.content.1.image',
    hint: 'smaller images',
  },
  { ...MESSAGES, says: 'too many images and documents', hint: 'fewer' },
  {
    ...MESSAGES,
    says: 'The model returned the following errors: The detected file',
    upstream: 'validationException',
    hint: 'another type',
  },
  // Too long for the model.
  ...[
    'The model returned the following errors: Input Tokens Exceeded',
    'Input is too long for requested',
  ].map((says) => ({
    says,
    upstream: 'ValidationException',
    code: 'context_length_exceeded' as const,
    param: 'messages',
    hint: 'larger context',
  })),
  // The model.
  { ...MODEL, says: 'Invocation of model ID ', upstream: 'ValidationException', hint: 'inference profile' },
  { ...MODEL, says: 'The provided model identifier is invalid.', upstream: 'ValidationException' },
  { ...MODEL, says: 'The provided model identifier is invalid.', upstream: null },
  { ...MODEL, says: 'This model version has reached the end', upstream: 'ResourceNotFoundException' },
  {
    says: "You don't have access to the model",
    upstream: 'AccessDeniedException',
    code: 'access_denied',
    param: 'model',
    hint: 'Bedrock console',
  },
  // This gateway's credentials: nothing the client can mend, hence not a 401 or 403.
  {
    ...CREDENTIALS,
    says: 'The security token included in the request is expired',
    upstream: 'ExpiredTokenException',
  },
  {
    ...CREDENTIALS,
    says: 'The security token included in the request is invalid.',
    upstream: 'UnrecognizedClientException',
  },
  { ...CREDENTIALS, says: 'Signature expired: ', upstream: 'InvalidSignatureException', hint: 'clock' },
  // Later it may work.
  {
    says: 'Too many tokens, please wait',
    upstream: 'ThrottlingException',
    code: 'rate_limit_exceeded',
    param: null,
    hint: 'max_tokens',
  },
  {
    says: 'Too many requests, please wait',
    upstream: 'ThrottlingException',
    code: 'rate_limit_exceeded',
    param: null,
    hint: null,
  },
  {
    says: 'Too many tokens per day',
    upstream: 'ThrottlingException',
    code: 'quota_exceeded',
    param: null,
    hint: 'AWS Service Quotas',
  },
  {
    says: 'Model is getting throttled.',
    upstream: 'ServiceUnavailableException',
    code: 'upstream_unavailable',
    param: null,
    hint: null,
  },
  {
    says: 'The system encountered an unexpected error',
    upstream: 'modelStreamErrorException',
    code: 'upstream_error',
    param: null,
    hint: null,
  },
]

test('every error sample of Bedrock becomes the code, field and hint of its row in the table', {
  skip,
}, () => {
  const samples = JSON.parse(readFileSync(samplesPath, 'utf8')) as readonly Sample[]
  assert.equal(samples.length, 49)
  const used = new Set<object>()
  for (const sample of samples) {
    const { error, name, message } = toError(sample)
    const rows = TABLE.filter(({ says, upstream }) => message.startsWith(says) && upstream === name)
    assert.equal(rows.length, 1, `${rows.length} rows for: ${name} ${message}`)
    for (const row of rows) {
      used.add(row)
      assertRow(error, row, message)
    }
    assert.equal(error.retryAfterSeconds !== null, ERRORS[error.code].retry, message)
  }
  assert.deepEqual(
    TABLE.filter((row) => !used.has(row)),
    [],
    'rows without a sample',
  )
})

function assertRow(
  error: GatewayError,
  { code, param, hint, upstream }: Omit<Row, 'says'>,
  message: string,
): void {
  assert.deepEqual({ code: error.code, param: error.param }, { code, param }, message)
  assert.equal(error.upstream?.type, upstream)
  const [before, after = ''] = error.message.split(message)
  assert.match(before ?? '', /^(Bedrock|AWS refused this gateway's credentials): $/)
  if (hint === null) assert.equal(after, '', message)
  else assert.ok(/^ \(.*\.\)$/.test(after) && after.includes(hint), error.message)
}

/** Words that the samples do not hold; each as the source that the rule names quotes it. */
const QUOTED: readonly (Omit<Row, 'upstream'> & { readonly upstream: string; readonly status: number })[] = [
  {
    says: 'The model returned the following errors: prompt is too long: 227255 tokens > 200000 maximum',
    upstream: 'ValidationException',
    status: 400,
    code: 'context_length_exceeded',
    param: 'messages',
    hint: 'larger context',
  },
  {
    says: 'The model returned the following errors: input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000',
    upstream: 'ValidationException',
    status: 400,
    code: 'context_length_exceeded',
    param: 'messages',
    hint: 'larger context',
  },
  {
    says: 'The maximum tokens you requested exceeds the model limit of 32768',
    upstream: 'ValidationException',
    status: 400,
    code: 'invalid_request',
    param: 'max_tokens',
    hint: null,
  },
  {
    says: "The provided model doesn't support on-demand throughput.",
    upstream: 'ValidationException',
    status: 400,
    code: 'model_not_found',
    param: 'model',
    hint: 'inference profile',
  },
  {
    says: 'Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the last 15 days. Please upgrade to an active model on Amazon Bedrock',
    upstream: 'ResourceNotFoundException',
    status: 404,
    code: 'model_not_found',
    param: 'model',
    hint: 'GET /v1/models',
  },
  {
    says: 'Model use case details have not been submitted for this account. Fill out the Anthropic use case details form before using the model. If you have already filled out the form, try again in 15 minutes.',
    upstream: 'ResourceNotFoundException',
    status: 404,
    code: 'access_denied',
    param: 'model',
    hint: 'Bedrock console',
  },
  {
    says: 'The model returned the following errors: You have not filled out the required use-case form for this model.',
    upstream: 'ValidationException',
    status: 400,
    code: 'access_denied',
    param: 'model',
    hint: 'Bedrock console',
  },
  {
    says: 'Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable access to this model.',
    upstream: 'AccessDeniedException',
    status: 403,
    code: 'access_denied',
    param: 'model',
    hint: 'aws-marketplace:Subscribe',
  },
  {
    says: 'User: arn:aws:iam::123456789012:user/gateway is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/a.b because no identity-based policy allows the bedrock:InvokeModel action',
    upstream: 'AccessDeniedException',
    status: 403,
    code: 'access_denied',
    param: 'model',
    hint: 'every region',
  },
  {
    says: 'You invoked an unsupported model or your request did not allow prompt caching.',
    upstream: 'AccessDeniedException',
    status: 403,
    code: 'unsupported',
    param: 'model',
    hint: 'BEDROCKD_PROMPT_CACHING=off',
  },
  {
    says: 'The provided guardrail identifier is invalid.',
    upstream: 'ValidationException',
    status: 400,
    code: 'invalid_request',
    param: 'guardrailConfig',
    hint: 'BEDROCKD_GUARDRAIL_ID',
  },
  {
    says: 'Authentication failed: Please make sure your API Key is valid.',
    upstream: 'AccessDeniedException',
    status: 403,
    code: 'aws_credentials',
    param: null,
    hint: 'AWS_BEARER_TOKEN_BEDROCK',
  },
  {
    says: 'Too many connections, please wait before trying again.',
    upstream: 'ServiceUnavailableException',
    status: 503,
    code: 'upstream_unavailable',
    param: null,
    hint: null,
  },
]

for (const { says, status, ...row } of QUOTED) {
  test(`words that say more than the name: ${says.slice(0, 70)}`, () => {
    const error = fromBedrockFailure({ name: row.upstream, status, message: says, requestId: null })
    if (row.code !== 'aws_credentials') assertRow(error, row, says)
    else assert.deepEqual([error.code, error.message.includes(row.hint ?? '')], [row.code, true])
  })
}

test('Retry-After is as long as the failure may last', () => {
  const waits = {
    'Too many requests, please wait before trying again.': 5,
    'Too many tokens, please wait before trying again.': 15,
    'Too many tokens per day, please wait before trying again.': null,
  }
  for (const [message, seconds] of Object.entries(waits)) {
    const failure = { name: 'ThrottlingException', status: 429, message, requestId: null }
    assert.equal(fromBedrockFailure(failure).retryAfterSeconds, seconds, message)
  }
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
  const codes = {
    400: 'invalid_request',
    401: 'aws_credentials',
    403: 'access_denied',
    404: 'model_not_found',
    408: 'upstream_timeout',
    409: 'invalid_request',
    413: 'body_too_large',
    418: 'invalid_request',
    424: 'upstream_error',
    429: 'rate_limit_exceeded',
    500: 'upstream_error',
    502: 'upstream_error',
    503: 'upstream_unavailable',
    504: 'upstream_timeout',
    599: 'upstream_error',
  } as const satisfies Record<number, ErrorCode>
  for (const [upstream, code] of Object.entries(codes)) {
    for (const name of [null, 'SomethingNewException', 'toString', 'rate_limit_error']) {
      const error = fromBedrockFailure({ name, status: Number(upstream), message: null, requestId: null })
      assert.equal(error.code, code, `${name} ${upstream}`)
      assert.match(error.message, /status \d+ without a message/)
    }
  }
})

test("names of OpenAI's errors count inside a stream, where there is no status", () => {
  const toCode = (name: string) =>
    fromBedrockFailure({ name, status: null, message: 'words', requestId: null }).code
  assert.equal(toCode('rate_limit_exceeded'), 'rate_limit_exceeded')
  assert.equal(toCode('invalid_request_error'), 'invalid_request')
  assert.equal(toCode('something_new'), 'upstream_error')
})

test("a ModelErrorException goes by the model's own status, where that is the client's business", () => {
  const codes = {
    400: 'invalid_request',
    401: 'upstream_error',
    404: 'upstream_error',
    422: 'invalid_request',
    429: 'rate_limit_exceeded',
    500: 'upstream_error',
    503: 'upstream_unavailable',
    504: 'upstream_timeout',
  } as const satisfies Record<number, ErrorCode>
  for (const [original, code] of Object.entries(codes)) {
    for (const name of ['ModelErrorException', 'modelStreamErrorException']) {
      const failure = { name, status: null, message: 'words', requestId: null }
      assert.equal(fromBedrockFailure({ ...failure, originalStatus: Number(original) }).code, code, original)
    }
  }
  const throttled = { name: 'ThrottlingException', status: 429, message: null, requestId: null }
  assert.equal(fromBedrockFailure({ ...throttled, originalStatus: 400 }).code, 'rate_limit_exceeded')
})

test("an exception in a stream keeps the model's own words and goes by its status", () => {
  const frame = encodeFrame(
    [
      [':exception-type', 'modelStreamErrorException'],
      [':content-type', 'application/json'],
      [':message-type', 'exception'],
    ],
    Buffer.from(
      JSON.stringify({ message: 'It broke.', originalStatusCode: 400, originalMessage: 'bad `top_p`' }),
    ),
  )
  const { thrown } = decodeEvents([frame])
  assert.ok(thrown instanceof GatewayError)
  assert.equal(thrown.message, 'Bedrock: It broke. The model said: bad `top_p`')
  assert.deepEqual([thrown.code, thrown.param], ['invalid_request', 'top_p'])
})

test('parseErrorType: the name is cut at the colon; nothing and an empty name are null', () => {
  assert.equal(parseErrorType('ValidationException:http://internal.amazon.com/coral/'), 'ValidationException')
  assert.equal(parseErrorType('ThrottlingException'), 'ThrottlingException')
  for (const header of [null, '', ':http://internal.amazon.com']) assert.equal(parseErrorType(header), null)
})

test('parseErrorBody: reads every shape that AWS sends, and null for any other', () => {
  const cases: readonly (readonly [string, string | null, string | null])[] = [
    ['{"message":"a"}', null, 'a'],
    ['{"Message":"b"}', null, 'b'],
    ['{"originalMessage":"c"}', null, 'c'],
    ['{"message":"a","originalMessage":"a"}', null, 'a'],
    ['{"message":"a","originalMessage":"c"}', null, 'a The model said: c'],
    ['{"error":{"message":"d","type":"invalid_request_error","code":null}}', 'invalid_request_error', 'd'],
    ['{"error":{"message":"d","type":"x","code":"y"}}', 'y', 'd'],
    ['{"Output":{"__type":"com.amazon#UnknownOperationException"}}', 'UnknownOperationException', null],
  ]
  for (const [body, name, message] of cases) {
    assert.deepEqual(parseErrorBody(body), { name, message, originalStatus: null }, body)
  }
  assert.equal(parseErrorBody('{"message":"a","originalStatusCode":424}')?.originalStatus, 424)
  assert.equal(parseErrorBody('{"message":"a","originalStatusCode":"x"}')?.originalStatus, null)
  for (const body of ['', 'null', '[]', '"text"', '{}', '{"message":7}', '<html>', '{"message":"cut']) {
    assert.equal(parseErrorBody(body), null, body)
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
      const message = parseErrorBody(body)?.message ?? null
      assert.ok(message === null || typeof message === 'string')
    }),
  )
})

function toError(sample: Sample): { error: GatewayError; name: string | null; message: string } {
  const inStream = sample.inStreamException?.[0]
  const body = inStream === undefined ? JSON.stringify(sample.body) : (sample.payload ?? '')
  const name = inStream ?? parseErrorType(sample.headers?.['x-amzn-errortype'] ?? null)
  const message = parseErrorBody(body)?.message
  assert(message !== undefined && message !== null)
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
    "AWS refused this gateway's credentials: The request signature we calculated does not match." +
      " (If the signature is too old or too new, set the clock of the gateway's machine.)",
  )
})

const ELSEWHERE: readonly (readonly [
  kind: 'embedding' | 'rerank' | 'image',
  message: string,
  code: string,
  param: string | null,
  advice: RegExp,
])[] = [
  [
    'embedding',
    'Input is too long for requested model.',
    'context_length_exceeded',
    'input',
    /leave truncate out/,
  ],
  [
    'embedding',
    '400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 9875 ',
    'context_length_exceeded',
    'input',
    /shorter texts/,
  ],
  [
    'embedding',
    'Malformed input request: #/texts/0: expected maxLength: 2048',
    'invalid_request',
    'input',
    /\/0/,
  ],
  [
    'embedding',
    'Malformed input request: #/dimensions: 7 is not a valid',
    'invalid_request',
    'dimensions',
    /7/,
  ],
  ['embedding', 'max_tokens must be smaller, and messages.0, too', 'invalid_request', 'input', /max_tokens/],
  [
    'rerank',
    'Input is too long for requested model.',
    'context_length_exceeded',
    'documents',
    /fewer or shorter/,
  ],
  ['rerank', 'Malformed input request: #/query: expected minLength: 1', 'invalid_request', 'query', /query/],
  ['rerank', 'Malformed input request: #/documents/7: expected', 'invalid_request', 'documents', /documents/],
  ['image', 'Input is too long for requested model.', 'invalid_request', 'prompt', /shorter prompt/],
  ['image', 'Malformed input request: the image is too small', 'invalid_request', null, /too small/],
]

for (const [kind, message, code, param, advice] of ELSEWHERE) {
  test(`a refusal of an ${kind} model names its own fields, and advises nothing of chats: ${message.slice(0, 50)}`, () => {
    const error = fromBedrockFailure(
      { name: 'ValidationException', status: 400, message, requestId: null },
      kind,
    )
    assert.deepEqual([error.code, error.param], [code, param])
    assert.match(error.message, advice)
    assert.doesNotMatch(error.message, /conversation|stream the answer|max_tokens to/i)
  })
}

test('advice about chats is not given to others: a model that takes too long, a quota of tokens', () => {
  for (const [name, status, message] of [
    ['ModelTimeoutException', 408, 'Too slow.'],
    ['ThrottlingException', 429, 'Too many tokens, please wait before trying again.'],
  ] as const) {
    const failure = { name, status, message, requestId: null }
    assert.match(fromBedrockFailure(failure).message, /\(.*tokens.*\)/)
    assert.equal(fromBedrockFailure(failure, 'embedding').message, `Bedrock: ${message}`)
  }
})
