import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { fileURLToPath } from 'node:url'
import { startEmulator } from './emulator/emulator.js'

// `make demo`: the emulator stands for AWS, the gateway runs as it would on a VM, one chat streams to the terminal.

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url))
const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const QUESTION = 'Say in one sentence what a gateway between Open WebUI and Amazon Bedrock is good for.'
const ANSWER =
  'It lets every OpenAI client talk to the models in your own AWS account: it knows which of them you can invoke, ' +
  'streams their tokens to you as they come, and says what went wrong when something does. ' +
  '(This is the emulator speaking: no AWS account was harmed.)'
const EVENTS_PER_SECOND = 20

const emulator = await startEmulator()
emulator.set({ eventsPerSecond: EVENTS_PER_SECOND, chunks: ANSWER.match(/\S+\s*/g) ?? [ANSWER] })
const stateDir = mkdtempSync(join(tmpdir(), 'bedrockd-demo-'))
const daemon = spawn(process.execPath, ['--enable-source-maps', MAIN], {
  env: {
    ...process.env,
    ...emulator.environment,
    BEDROCKD_STATE_DIR: stateDir,
    BEDROCKD_ADMIN_SOCKET: join(stateDir, 'admin.sock'),
    BEDROCKD_METRICS_LISTEN: process.env['BEDROCKD_METRICS_LISTEN'] ?? '',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
  // The terminal's Ctrl-C is for this process, which then stops the gateway.
  detached: true,
})

async function stop(code: number): Promise<never> {
  daemon.kill('SIGTERM')
  if (daemon.exitCode === null) await once(daemon, 'exit')
  await emulator.close()
  rmSync(stateDir, { recursive: true, force: true })
  process.exit(code)
}

daemon.once('exit', (code) => {
  if (stopping) return
  console.error(
    `\nThe gateway ended (${code}). Is its port taken? Try BEDROCKD_LISTEN=127.0.0.1:4001 BEDROCKD_IMAGES_LISTEN=127.0.0.1:4101 make demo`,
  )
  void stop(1)
})
// Whatever ends this process ends the gateway.
process.once('exit', () => daemon.kill('SIGKILL'))
let stopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopping = true
    void stop(0)
  })
}

const { listen } = await new Promise<{ listen: { chat: string; images: string | null } }>((resolve) => {
  createInterface({ input: daemon.stdout }).on('line', (line) => {
    if (line.includes('"msg":"listening"'))
      resolve(JSON.parse(line) as { listen: { chat: string; images: string | null } })
  })
})
// 0.0.0.0 is every address of this machine, and not one to connect to.
const base = `http://${listen.chat.replace(/^0\.0\.0\.0:/, '127.0.0.1:')}`
const key = (process.env['BEDROCKD_API_KEYS'] ?? process.env['API_KEY'] ?? '').split(',')[0]?.trim() ?? ''
while ((await fetch(`${base}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50))

console.log(`\nbedrockd is at ${base}/v1, in front of a Bedrock emulator.\n\n> ${QUESTION}\n`)
const reply = await fetch(`${base}/v1/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', ...(key === '' ? {} : { authorization: `Bearer ${key}` }) },
  body: JSON.stringify({ model: MODEL, stream: true, messages: [{ role: 'user', content: QUESTION }] }),
})
if (reply.body === null || reply.status !== 200) {
  console.error(await reply.text())
  await stop(1)
} else {
  for await (const line of createInterface({
    input: Readable.fromWeb(reply.body as ReadableStream<Uint8Array>),
  })) {
    if (!line.startsWith('data: {')) continue
    const chunk = JSON.parse(line.slice(6)) as { choices: { delta: { content?: string } }[] }
    process.stdout.write(chunk.choices[0]?.delta.content ?? '')
  }
}

console.log(`

Try it yourself:

  curl -N ${base}/v1/chat/completions -H 'content-type: application/json' \\${key === '' ? '' : `\n    -H 'authorization: Bearer ${key}' \\`}
    -d '{"model":"${MODEL}","stream":true,"messages":[{"role":"user","content":"Hello"}]}'

Open WebUI, Admin Panel > Settings > Connections > OpenAI API, add a connection:

  URL  ${base}/v1
  Key  ${key === '' ? 'anything (this demo asks for none)' : key}
${listen.images === null ? '' : `\nImages: engine "Open AI", base URL http://${listen.images}/v1, model dall-e-2 (here Stable Image Core)\n`}
Documents: embedding engine "OpenAI", base URL ${base}/v1, model cohere.embed-v4:0

From a container, 127.0.0.1 is the container itself: run with BEDROCKD_LISTEN=0.0.0.0:4000 API_KEY=secret make demo
and use http://host.docker.internal:4000/v1 with that key.

Ctrl-C stops it.`)
