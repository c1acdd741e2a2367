import type { RawRequest } from './raw-http.js'

/** One request that must be refused, and what the refusal says. */
export interface BadCase {
  /** Says what is wrong with it; unique. */
  readonly name: string
  readonly request: RawRequest
  readonly status: number
  readonly code: string
  /** The field that `error.param` and the message name; null: there is none. */
  readonly param: string | null
}

export const KEY = 'key-of-the-bad-input-test'
/** Of the emulator's catalogue. */
export const CHAT_MODEL = 'anthropic.claude-3-haiku-20240307-v1:0'
export const DENIED_MODEL = 'us.meta.llama3-3-70b-instruct-v1:0'

const AUTHORIZED = [['authorization', `Bearer ${KEY}`]] as const
export const JSON_HEADERS = [...AUTHORIZED, ['content-type', 'application/json']] as const

const MESSAGES = [{ role: 'user', content: 'Hello' }]

/** A chat request with some members replaced; `undefined` takes one away. */
export function chatBody(members: object = {}): string {
  return JSON.stringify({ model: CHAT_MODEL, messages: MESSAGES, ...members })
}

export function chatRequest(body: string | Uint8Array = chatBody()): RawRequest {
  return { headers: JSON_HEADERS, body }
}

function badField(name: string, param: string, members: object): BadCase {
  return { name, request: chatRequest(chatBody(members)), status: 400, code: 'invalid_request', param }
}

/** Every way for JSON text to be broken, with the JSON around it as it would be in a chat. */
const BROKEN_JSON: readonly (string | Uint8Array)[] = [
  '',
  ' ',
  '\r\n\r\n',
  '{',
  '}',
  '[',
  ']',
  '"',
  '{"',
  '{"model',
  '{"model"',
  '{"model":',
  '{"model":"x"',
  '{"model":"x",',
  '{"model":"x",}',
  '{"model":"x" "messages":[]}',
  '{"model":"x","messages":[}',
  '{"model":"x","messages":[,]}',
  '{"model":"x","messages":[{}',
  "{'model':'x'}",
  '{model:"x"}',
  '{"model":undefined}',
  '{"model":NaN}',
  '{"temperature":.5}',
  '{"temperature":5.}',
  '{"temperature":+1}',
  '{"temperature":01}',
  '{"temperature":0x1}',
  '{"temperature":1e}',
  '{"temperature":Infinity}',
  '{"temperature":-}',
  '{"stream":True}',
  '{"stream":tru}',
  '{"model":"\\x41"}',
  '{"model":"\\u12"}',
  '{"model":"a\nb"}',
  '{"model":"a\tb"}',
  '{"model":"a\0b"}',
  '{"model":"x"}\0',
  '\0{"model":"x"}',
  '\0',
  '{"model":"x"}{"model":"y"}',
  '{"model":"x"} trailing',
  '{"model":"x"} // comment',
  '/* comment */ {"model":"x"}',
  '\uFEFF{"model":"x"}',
  'model=x&messages=y',
  '<xml/>',
  'null null',
  'nul',
  'data: {"model":"x"}\n\n',
  '--boundary\r\ncontent-disposition: form-data; name="model"\r\n\r\nx\r\n--boundary--',
  Buffer.from('{"model":"x"}', 'utf16le'),
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('{"model":"x"}', 'utf16le')]),
  Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3]),
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
]

/** Bytes that are no UTF-8, inside a string of otherwise valid JSON. */
const BAD_UTF8: readonly (readonly number[])[] = [
  [0xff],
  [0xfe, 0xff],
  [0x80],
  [0xc3],
  [0xc0, 0xaf],
  [0xe2, 0x82],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
]

function withBytes(bytes: readonly number[], padding: string): Uint8Array {
  const [start = '', end = ''] = chatBody({
    messages: [{ role: 'user', content: `${padding}<here>` }],
  }).split('<here>')
  return Buffer.concat([Buffer.from(start), Buffer.from(bytes), Buffer.from(end)])
}

const brokenJson: readonly BadCase[] = [
  ...BROKEN_JSON.map((body, index) => ({
    name: `broken JSON ${index}: ${JSON.stringify(body.toString().slice(0, 40))}`,
    request: chatRequest(body),
  })),
  ...BAD_UTF8.map((bytes) => ({
    name: `bytes ${Buffer.from(bytes).toString('hex')} that are no UTF-8`,
    request: chatRequest(withBytes(bytes, '')),
  })),
  {
    name: 'bytes that are no UTF-8 in a body for the worker',
    request: chatRequest(withBytes([0xff], 'a'.repeat(300_000))),
  },
  { name: 'a chat cut in its middle', request: chatRequest(chatBody().slice(0, 40)) },
  {
    name: 'a large chat cut at its end',
    request: chatRequest(chatBody({ user: 'a'.repeat(300_000) }).slice(0, -1)),
  },
  { name: 'no body and no length', request: { headers: JSON_HEADERS } },
  { name: 'an empty chunked body', request: { ...chatRequest(''), chunkBytes: 10 } },
  {
    name: 'a length shorter than the body',
    request: { headers: [...JSON_HEADERS, ['content-length', '20'] as const], body: chatBody() },
  },
].map((one) => ({ ...one, status: 400, code: 'invalid_json', param: null }))

const notObjects: readonly BadCase[] = [
  'null',
  'true',
  '1',
  '-0',
  '1e400',
  '"text"',
  '[]',
  `[${chatBody()}]`,
].map((body) => ({
  name: `a body that is ${body.slice(0, 20)}`,
  request: chatRequest(body),
  status: 400,
  code: 'invalid_request',
  param: null,
}))

/** Values by what they are; a field takes some of them and refuses the others. */
const VALUES: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  'a number': 1,
  'a negative number': -1,
  'a fraction': 1.5,
  'a huge number': 1e300,
  'an empty string': '',
  'a string': 'some words',
  'an array': [1],
  'an empty array': [],
  'an object': { a: 1 },
}

interface Field {
  readonly param: string
  readonly put: (value: unknown) => object
  readonly takes: readonly (keyof typeof VALUES & string)[]
  /** Where the refusal names a member below the field, for some values. */
  readonly below?: Readonly<Record<string, string>>
}

const message = (members: object) => ({ messages: [{ role: 'user', content: 'Hi' }, members] })
const part = (members: object) => message({ role: 'user', content: [{ type: 'text', text: 'Hi' }, members] })
const call = (members: object) => message({ role: 'assistant', content: null, tool_calls: [members] })
const toolDefinition = (members: object) => ({ tools: [members] })
const ANY_STRING = ['an empty string', 'a string'] as const
const COUNT_TAKES = ['null', 'a number'] as const

/** Every field that is read, top level and nested, with the values that are right for it. */
const FIELDS: readonly Field[] = [
  { param: 'model', put: (model) => ({ model }), takes: ['a string'] },
  {
    param: 'messages',
    put: (messages) => ({ messages }),
    takes: [],
    below: { 'an array': 'messages[0]' },
  },
  { param: 'stream', put: (stream) => ({ stream }), takes: ['null', 'true'] },
  {
    param: 'stream_options',
    put: (stream_options) => ({ stream_options }),
    takes: ['null', 'an object'],
  },
  {
    param: 'stream_options.include_usage',
    put: (include_usage) => ({ stream_options: { include_usage } }),
    takes: ['null', 'true'],
  },
  { param: 'max_tokens', put: (max_tokens) => ({ max_tokens }), takes: COUNT_TAKES },
  {
    param: 'max_completion_tokens',
    put: (max_completion_tokens) => ({ max_completion_tokens }),
    takes: COUNT_TAKES,
  },
  {
    param: 'temperature',
    put: (temperature) => ({ temperature }),
    takes: ['null', 'a number', 'a fraction'],
  },
  { param: 'top_p', put: (top_p) => ({ top_p }), takes: ['null', 'a number'] },
  {
    param: 'stop',
    put: (stop) => ({ stop }),
    takes: ['null', 'an empty array', ...ANY_STRING],
    below: { 'an array': 'stop[0]' },
  },
  {
    param: 'tools',
    put: (tools) => ({ tools }),
    takes: ['null', 'an empty array'],
    below: { 'an array': 'tools[0]' },
  },
  {
    param: 'tool_choice',
    put: (tool_choice) => ({ tool_choice }),
    takes: ['null'],
    below: { 'an object': 'tool_choice.function' },
  },
  {
    param: 'reasoning_effort',
    put: (reasoning_effort) => ({ reasoning_effort }),
    takes: ['null', ...ANY_STRING],
  },
  {
    param: 'response_format',
    put: (response_format) => ({ response_format }),
    takes: ['null'],
    below: { 'an object': 'response_format.type' },
  },
  {
    param: 'response_format.json_schema',
    put: (json_schema) => ({ response_format: { type: 'json_schema', json_schema } }),
    takes: [],
    below: { 'an object': 'response_format.json_schema.name' },
  },
  {
    param: 'messages[1]',
    put: (second) => ({ messages: [{ role: 'user', content: 'Hi' }, second] }),
    takes: [],
    below: { 'an object': 'messages[1].role' },
  },
  { param: 'messages[1].role', put: (role) => message({ role, content: 'Hi' }), takes: [] },
  {
    param: 'messages[1].content',
    put: (content) => message({ role: 'user', content }),
    takes: ['null', 'an empty array', ...ANY_STRING],
    below: { 'an array': 'messages[1].content[0]' },
  },
  {
    param: 'messages[1].content[1]',
    put: (second) => message({ role: 'user', content: [{ type: 'text', text: 'Hi' }, second] }),
    takes: [],
    below: { 'an object': 'messages[1].content[1].type' },
  },
  { param: 'messages[1].content[1].type', put: (type) => part({ type }), takes: [] },
  {
    param: 'messages[1].content[1].text',
    put: (text) => part({ type: 'text', text }),
    takes: ANY_STRING,
  },
  {
    param: 'messages[1].content[1].image_url',
    put: (image_url) => part({ type: 'image_url', image_url }),
    takes: ['a string'],
    below: { 'an object': 'messages[1].content[1].image_url.url' },
  },
  {
    param: 'messages[1].content[1].file',
    put: (file) => part({ type: 'file', file }),
    takes: ['an object'],
  },
  {
    param: 'messages[1].content[1].input_audio',
    put: (input_audio) => part({ type: 'input_audio', input_audio }),
    takes: [],
    below: { 'an object': 'messages[1].content[1].input_audio.data' },
  },
  {
    param: 'messages[1].tool_call_id',
    put: (tool_call_id) => message({ role: 'tool', content: 'Hi', tool_call_id }),
    takes: ANY_STRING,
  },
  {
    param: 'messages[1].tool_calls',
    put: (tool_calls) => message({ role: 'assistant', content: 'Hi', tool_calls }),
    takes: ['null', 'an empty array'],
    below: { 'an array': 'messages[1].tool_calls[0]' },
  },
  {
    param: 'messages[1].tool_calls[0].id',
    put: (id) => call({ id, type: 'function', function: { name: 'a', arguments: '{}' } }),
    takes: ['null', ...ANY_STRING],
  },
  {
    param: 'messages[1].tool_calls[0].function',
    put: (target) => call({ id: 'a', type: 'function', function: target }),
    takes: [],
    below: { 'an object': 'messages[1].tool_calls[0].function.name' },
  },
  {
    param: 'messages[1].tool_calls[0].function.arguments',
    put: (text) => call({ id: 'a', type: 'function', function: { name: 'a', arguments: text } }),
    takes: ['null', 'an object', ...ANY_STRING],
  },
  {
    param: 'parallel_tool_calls',
    put: (parallel_tool_calls) => ({ parallel_tool_calls }),
    takes: ['null', 'true'],
  },
  {
    param: 'functions',
    put: (functions) => ({ functions }),
    takes: ['null', 'an empty array'],
    below: { 'an array': 'functions[0]' },
  },
  {
    param: 'function_call',
    put: (function_call) => ({ function_call }),
    takes: ['null'],
    below: { 'an object': 'function_call.name' },
  },
  {
    param: 'messages[1].function_call',
    put: (function_call) => message({ role: 'assistant', content: 'Hi', function_call }),
    takes: ['null'],
    below: { 'an object': 'messages[1].function_call.name' },
  },
  {
    param: 'messages[1].cache_control',
    put: (cache_control) => message({ role: 'user', content: 'Hi', cache_control }),
    takes: ['null'],
    below: { 'an object': 'messages[1].cache_control.type' },
  },
  {
    param: 'messages[1].cache_control.ttl',
    put: (ttl) => message({ role: 'user', content: 'Hi', cache_control: { type: 'ephemeral', ttl } }),
    takes: ['null'],
  },
  {
    param: 'tools[0].type',
    put: (type) => toolDefinition({ type, function: { name: 'a' } }),
    takes: ['null'],
  },
  {
    param: 'tools[0].function',
    put: (definition) => toolDefinition({ type: 'function', function: definition }),
    takes: [],
    below: { 'an object': 'tools[0].function.name' },
  },
  {
    param: 'tools[0].function.name',
    put: (name) => toolDefinition({ type: 'function', function: { name } }),
    takes: ['a string'],
  },
  {
    param: 'tools[0].function.parameters',
    put: (parameters) => toolDefinition({ type: 'function', function: { name: 'a', parameters } }),
    takes: ['null', 'an object'],
  },
]

const wrongTypes: readonly BadCase[] = FIELDS.flatMap(({ param, put, takes, below }) =>
  Object.entries(VALUES)
    .filter(([what]) => !takes.includes(what))
    .map(([what, value]) => badField(`${param} that is ${what}`, below?.[what] ?? param, put(value))),
)

const missing: readonly BadCase[] = [
  badField('no model', 'model', { model: undefined }),
  badField('no messages', 'messages', { messages: undefined }),
  badField('a message without a role', 'messages[0].role', { messages: [{ content: 'Hi' }] }),
  badField('a message of an unknown role', 'messages[0].role', {
    messages: [{ role: 'critic', content: 'Hi' }],
  }),
  badField('a function message without a name', 'messages[0].name', {
    messages: [{ role: 'function', content: 'Hi' }],
  }),
  badField('a message whose role has another case', 'messages[0].role', {
    messages: [{ role: 'User', content: 'Hi' }],
  }),
  badField('the last of 1,000 messages is wrong', 'messages[999].role', {
    messages: [...Array.from({ length: 999 }, () => MESSAGES[0]), { role: 'nobody' }],
  }),
  badField('the last of 100,000 messages is wrong', 'messages[99999].content', {
    messages: [...Array.from({ length: 99_999 }, () => MESSAGES[0]), { role: 'user', content: 1 }],
  }),
  badField('100,000 messages that are numbers', 'messages[0]', { messages: new Array(100_000).fill(1) }),
  badField('2,501 stop sequences', 'stop', { stop: new Array(2501).fill('a') }),
  badField('max_tokens of 2^31', 'max_tokens', { max_tokens: 2 ** 31 }),
  badField('max_tokens of 2^53', 'max_tokens', { max_tokens: 2 ** 53 }),
  badField('temperature above 2', 'temperature', { temperature: 2.0001 }),
  badField('temperature below 0', 'temperature', { temperature: -1e-300 }),
  badField('top_p above 1', 'top_p', { top_p: 1.0001 }),
  badField('a model name of 2,049 characters', 'model', { model: `amazon.${'n'.repeat(2042)}` }),
  badField('a model name of 20 MB', 'model', { model: 'gpt-'.padEnd(20_000_000, 'a') }),
]

/** JSON that says one thing and means another. */
const oddJson: readonly BadCase[] = [
  { body: `{"model":"${CHAT_MODEL}","messages":[],"messages":7}`, param: 'messages' },
  { body: `{"messages":[{"role":"user","content":"a"}],"model":"x","model":null}`, param: 'model' },
  { body: `{"__proto__":${chatBody()}}`, param: 'model' },
  { body: `{"__proto__":{"model":"${CHAT_MODEL}"},"messages":[]}`, param: 'model' },
  { body: `{"constructor":{"prototype":${chatBody()}}}`, param: 'model' },
  { body: chatBody({ messages: 7 }).replace('"messages"', '"__proto__":null,"messages"'), param: 'messages' },
  {
    body: `{"model":"${CHAT_MODEL}","messages":[{"__proto__":{"role":"user","content":"a"}}]}`,
    param: 'messages[0].role',
  },
  { body: `{"model":"${CHAT_MODEL}","messages":{"length":1,"0":{"role":"user"}}}`, param: 'messages' },
  { body: `{"MODEL":"${CHAT_MODEL}","messages":[]}`, param: 'model' },
  { body: `{"mod\\u0000el":"${CHAT_MODEL}","messages":[]}`, param: 'model' },
  { body: chatBody({ temperature: 7 }).replace(':7', ':1e400'), param: 'temperature' },
  { body: chatBody({ max_tokens: 7 }).replace(':7', `:${'9'.repeat(100_000)}`), param: 'max_tokens' },
  { body: chatBody({ top_p: 7 }).replace(':7', ':-1e400'), param: 'top_p' },
].map(({ body, param }, index) => ({
  name: `odd JSON ${index}: ${body.slice(0, 60)}`,
  request: chatRequest(body),
  status: 400,
  code: 'invalid_request',
  param,
}))

const DEEP = 100_000
const deep: readonly BadCase[] = [
  { name: 'arrays', body: '['.repeat(DEEP) + ']'.repeat(DEEP) },
  { name: 'arrays without an end', body: '['.repeat(DEEP) },
  { name: 'objects', body: `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}` },
  { name: 'objects without an end', body: '{"a":'.repeat(DEEP) },
  {
    name: 'content',
    body: chatBody({ messages: [{ role: 'user', content: 7 }] }).replace(
      ':7',
      `:${'['.repeat(DEEP)}${']'.repeat(DEEP)}`,
    ),
  },
  {
    name: 'a tool schema',
    body: chatBody({ tools: [{ type: 'function', function: { name: 'a', parameters: 7 } }] }).replace(
      ':7',
      `:${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`,
    ),
  },
  {
    name: 'a parameter that nobody reads',
    body: chatBody({ metadata: 7 }).replace(':7', `:${'['.repeat(513)}${']'.repeat(513)}`),
  },
  { name: '25 million arrays', body: '['.repeat(25_000_000) },
].map(({ name, body }) => ({
  name: `nested too deep: ${name}`,
  request: chatRequest(body),
  status: 400,
  code: 'invalid_request',
  param: null,
}))

function badModel(name: string, model: string, [status, code]: readonly [number, string]): BadCase {
  return { name, request: chatRequest(chatBody({ model })), status, code, param: 'model' }
}

const NOT_FOUND = [404, 'model_not_found'] as const
const models: readonly BadCase[] = [
  ...[
    'nothing',
    'gpt-4o',
    'gpt-4.1',
    ' ',
    '.',
    '..',
    '../../etc/passwd',
    'arn:aws:s3:::bucket/key',
    'arn:aws:bedrock',
    'bedrock/',
    'bedrock/converse/',
    '\r\nx-injected: 1',
    `${CHAT_MODEL}\r\nx-injected: 1`,
    `${CHAT_MODEL}\0`,
    `${CHAT_MODEL} `,
    `${CHAT_MODEL}/../x`,
    '__proto__',
    'constructor',
    'toString',
    '\ud800',
    'naïve.modèle',
    '<script>alert(1)</script>',
    'a'.repeat(2048),
  ].map((model) => badModel(`the unknown model ${JSON.stringify(model.slice(0, 60))}`, model, NOT_FOUND)),
  badModel('a denied model', DENIED_MODEL, [403, 'model_denied']),
  badModel('a denied model behind a prefix', `bedrock/converse/${DENIED_MODEL}`, [403, 'model_denied']),
  badModel('a model that embeds', 'amazon.titan-embed-text-v2:0', [400, 'invalid_request']),
  badModel('an id that looks right and that AWS does not know', 'amazon.no-such-model-v1:0', NOT_FOUND),
]

const keys: readonly BadCase[] = [
  null,
  '',
  'Bearer',
  'Bearer ',
  'Bearer wrong',
  `Bearer ${KEY}x`,
  `Bearer ${KEY.slice(0, -1)}`,
  `Bearer ${KEY.toUpperCase()}`,
  `Bearer ${KEY} ${KEY}`,
  `Bearer "${KEY}"`,
  `Bearer\t${KEY}`,
  `Bearer${KEY}`,
  KEY,
  `Basic ${Buffer.from(`user:${KEY}`).toString('base64')}`,
  `Token ${KEY}`,
  `Bearer ${'k'.repeat(12_000)}`,
  'Bearer \xff\xfe',
].map((authorization) => ({
  name: `the authorization ${JSON.stringify(authorization?.slice(0, 40) ?? null)}`,
  request: {
    headers: [
      ...(authorization === null ? [] : [['authorization', authorization] as const]),
      ['content-type', 'application/json'] as const,
    ],
    body: chatBody(),
  },
  status: 401,
  code: 'invalid_api_key',
  param: null,
}))

const otherKeyHeaders: readonly BadCase[] = ['x-api-key', 'api-key', 'cookie', 'x-authorization'].map(
  (name) => ({
    name: `the key in ${name}`,
    request: { headers: [[name, KEY]], body: chatBody() },
    status: 401,
    code: 'invalid_api_key',
    param: null,
  }),
)

const contentTypes: readonly BadCase[] = [
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'text/plain; charset=utf-8',
  'text/json',
  'application/jsonp',
  'application/json5',
  'application/x-json',
  'application/vnd.api+json',
  'json',
  'text/plain, application/json',
  'text/plain; a=application/json',
  '*/*',
  ';',
].map((type) => ({
  name: `the content type ${type}`,
  request: { headers: [...AUTHORIZED, ['content-type', type] as const], body: chatBody() },
  status: 415,
  code: 'unsupported_media_type',
  param: null,
}))

const paths: readonly BadCase[] = [
  '/v1',
  '/v1/',
  '/v2/chat/completions',
  '/chat/completions',
  '/openai/v1/chat/completions',
  '/v1/completions',
  '/v1/chat',
  '/v1/chat/completions/extra',
  '/v1/chat/completions%2f',
  '/v1/chat%2Fcompletions',
  '/v1/%63hat/completions',
  '/V1/chat/completions',
  '/v1/responses',
  '/v1/audio/speech',
  '/v1/files',
  '/v1/../v1/chat/completions',
  '/v1/./chat/completions',
  '/v1;a=b/chat/completions',
  '/v1/chat/completions#part',
  '/v1/chat/completions%00',
  '/%',
  '/%zz',
  '/%ff%fe',
  '/\xff\xfe',
  '/favicon.ico',
  '/.env',
  '/admin/status',
  '/metrics',
  '/constructor',
  '/v1/__proto__',
  `/${'a'.repeat(15_000)}`,
  `/v1/${'%41'.repeat(4_000)}`,
  `${'/'.repeat(10_000)}nowhere`,
].map((path) => ({
  name: `the path ${path.slice(0, 60)}`,
  request: { path, ...chatRequest() },
  status: 404,
  code: 'route_not_found',
  param: null,
}))

const unknownIds: readonly BadCase[] = [
  'nothing',
  '%',
  '%zz',
  '%00',
  '%ff',
  '..',
  '%0d%0ax-injected:%201',
  'a/b//c',
].map((id) => ({
  name: `the model at ${id}`,
  request: { method: 'GET', path: `/v1/models/${id}`, headers: JSON_HEADERS },
  status: 404,
  code: 'model_not_found',
  param: 'model',
}))

const METHODS = {
  '/v1/models': ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'Get', 'X'],
  '/v1/models/a.b': ['POST', 'DELETE'],
  '/v1/chat/completions': ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'post', 'POSTS'],
  '/v1/embeddings': ['GET', 'PATCH'],
  '/v1/rerank': ['GET'],
  '/v1/images/generations': ['GET'],
  '/v1/images/edits': ['PUT'],
  '/v1/images/files/a.png': ['POST', 'DELETE'],
  '/': ['POST', 'DELETE'],
  '/healthz': ['POST'],
  '/readyz': ['PUT'],
  '/version': ['POST'],
} as const
const methods: readonly BadCase[] = Object.entries(METHODS).flatMap(([path, names]) =>
  names.map((method) => ({
    name: `${method} ${path}`,
    request: { method, path, headers: JSON_HEADERS },
    status: 405,
    code: 'method_not_allowed',
    param: null,
  })),
)

const IMAGES = {
  'no prompt': [{ prompt: undefined }, 'prompt'],
  'a prompt of numbers': [{ prompt: [1, 2] }, 'prompt'],
  'a chat model': [{ model: 'amazon.nova-micro-v1:0' }, 'model'],
  'a model that is a number': [{ model: 7 }, 'model'],
  'no pictures': [{ n: 0 }, 'n'],
  'too many pictures': [{ n: 11 }, 'n'],
  'half a picture': [{ n: 0.5 }, 'n'],
  'a size without a height': [{ size: '1024x' }, 'size'],
  'a size of nothing': [{ size: '0x0' }, 'size'],
  'another format': [{ output_format: 'gif' }, 'output_format'],
  'another way to reply': [{ response_format: 'file' }, 'response_format'],
  'a stream that is a word': [{ stream: 'maybe' }, 'stream'],
  'a seed below zero': [{ seed: -2 }, 'seed'],
} as const satisfies Record<string, readonly [object, string]>
const images: readonly BadCase[] = Object.entries(IMAGES).map(([name, [extra, param]]) => ({
  name: `an image request with ${name}`,
  request: {
    path: '/v1/images/generations',
    headers: JSON_HEADERS,
    body: JSON.stringify({ prompt: 'a cat', ...extra }),
  },
  status: 400,
  code: 'invalid_request',
  param,
}))

const queries: readonly BadCase[] = ['chats', '', 'CHAT', '__proto__', '%00', 'chat%0d%0ax-injected:1'].map(
  (type) => ({
    name: `the model list of type ${type}`,
    request: { method: 'GET', path: `/v1/models?type=${type}`, headers: JSON_HEADERS },
    status: 400,
    code: 'invalid_request',
    param: 'type',
  }),
)

const OVER_LIMIT = 26_214_401
const tooLarge: readonly BadCase[] = [
  { name: '26 MiB with a length', request: chatRequest(Buffer.alloc(26 * 1024 * 1024, ' ')) },
  {
    name: '26 MiB in chunks',
    request: { ...chatRequest(Buffer.alloc(26 * 1024 * 1024, ' ')), chunkBytes: 65_536 },
  },
  { name: 'one byte too many', request: chatRequest(Buffer.alloc(OVER_LIMIT, ' ')) },
  {
    name: 'a length of 1 TB that never comes',
    request: { headers: [...JSON_HEADERS, ['content-length', '1000000000000'] as const], body: chatBody() },
  },
].map((one) => ({ ...one, status: 413, code: 'body_too_large', param: null }))

/** Over 300 requests, none of which may be taken. */
export const BAD_CASES: readonly BadCase[] = [
  ...brokenJson,
  ...notObjects,
  ...wrongTypes,
  ...missing,
  ...oddJson,
  ...deep,
  ...models,
  ...keys,
  ...otherKeyHeaders,
  ...contentTypes,
  ...paths,
  ...unknownIds,
  ...methods,
  ...images,
  ...queries,
  ...tooLarge,
]
