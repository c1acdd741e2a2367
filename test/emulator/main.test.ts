import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import { runtimeClient } from './sdk-clients.js'

interface Announcement {
  readonly url: string
  readonly environment: Readonly<Record<string, string>>
}

test('the command announces itself in one JSON line, serves its regions and ends on SIGTERM', async () => {
  const main = new URL('./main.js', import.meta.url).pathname
  const child = spawn(
    process.execPath,
    [main, '--regions', 'eu-west-1,us-west-2', '--events-per-second', '50'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    const { url, environment } = JSON.parse(line) as Announcement
    assert.equal(environment['AWS_ENDPOINT_URL_BEDROCK'], url)
    assert.equal(environment['AWS_ENDPOINT_URL_BEDROCK_RUNTIME'], url)
    assert.equal(environment['AWS_REGION'], 'eu-west-1')
    const reply = await runtimeClient({ url, region: 'us-west-2' }).send(
      new ConverseCommand({
        modelId: 'openai.gpt-oss-120b-1:0',
        messages: [{ role: 'user', content: [{ text: 'hello' }] }],
      }),
    )
    assert.deepEqual(reply.output?.message?.content, [{ text: 'You said: hello' }])
  } finally {
    child.kill('SIGTERM')
  }
  const [code] = (await once(child, 'exit')) as [number | null]
  assert.equal(code, 0)
})
