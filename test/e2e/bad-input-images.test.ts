import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { badImageCases, editForm, generation, textBomb, zipBomb } from './bad-image-cases.js'
import { type ImageGateway, readPicture, startImageGateway } from './image-gateway.js'
import { assertCalmLog, assertUnchanged, type ProcessState, readProcessState } from './process-state.js'
import { openRaw, type RawReply, type RawRequest, sendRaw, toRequestBytes } from './raw-http.js'

let gateway: ImageGateway
let start: ProcessState
before(async () => {
  gateway = await startImageGateway()
  // Threads, their memory and sharp are there from the first edit on.
  for (let round = 0; round < 4; round += 1) {
    assert.equal((await sendRaw(gateway.daemon.port, generation())).status, 200)
    const edit = editForm([{ name: 'image', value: zipBomb(512, 512), fileName: 'a.png' }])
    assert.equal((await sendRaw(gateway.daemon.port, edit)).status, 200)
  }
  gateway.reset()
  start = await readProcessState(gateway)
})
after(() => gateway?.close())

/** What Open WebUI shows of an error. */
function reasonOf({ wire }: RawReply): string {
  return /^HTTP\/1\.1 \d{3} (.*)\r\n/.exec(wire)?.[1] ?? ''
}

/** Sends a request, and then a good one, on one connection. */
async function sendBoth(bad: RawRequest): Promise<RawReply> {
  const { socket, reply, wire } = openRaw(gateway.daemon.port)
  try {
    socket.write(toRequestBytes({ ...bad, headers: [...(bad.headers ?? []), ['connection', 'keep-alive']] }))
    const refusal = await reply()
    const seen = wire().length
    socket.write(toRequestBytes({ method: 'GET', path: '/version' }))
    while (!wire().slice(seen).endsWith('}')) await new Promise((resolve) => setTimeout(resolve, 2))
    assert.match(wire().slice(seen), /^HTTP\/1\.1 200 OK\r\n/)
    return refusal
  } finally {
    socket.destroy()
  }
}

test('every bad request is a 4xx that names the field, also in its status line, and costs nothing', async (context) => {
  const cases = await badImageCases()
  assert.ok(cases.length > 150, `${cases.length} cases`)
  for (const { name, request, status, code, param } of cases) {
    await context.test(name, async () => {
      const reply = await sendBoth(request)
      assert.equal(reply.status, status, reply.body.slice(0, 300))
      const { error } = JSON.parse(reply.body) as {
        error: { code: string; param: string | null; message: string }
      }
      assert.equal(error.code, code, error.message)
      assert.equal(error.param, param, error.message)
      assert.ok(param === null || error.message.includes(param), error.message)
      const reason = reasonOf(reply)
      assert.match(reason, /^[ -~]{8,100}$/)
      assert.ok(!/^(?:Bad Request|Not Found|Unauthorized)$/.test(reason), reason)
      if (param !== null && status === 400) assert.ok(reason.includes(param), `${reason} names no ${param}`)
    })
  }
  assert.equal(gateway.calls().length, 0)
})

for (const [what, bytes] of [
  ['of 190 megapixels in few bytes', () => zipBomb(19_000, 10_000)],
  ['with a text of 200 MB in few bytes', () => textBomb(200_000_000)],
] as const) {
  test(`a picture ${what} is answered, and others are meanwhile`, async () => {
    const image = await bytes()
    const asked = sendRaw(gateway.daemon.port, editForm([{ name: 'image', value: image, fileName: 'a.png' }]))
    let [answered, longestMs] = [false, 0]
    void asked.then(() => {
      answered = true
    })
    while (!answered) {
      const startedMs = performance.now()
      assert.equal((await fetch(`${gateway.daemon.url}/healthz`)).status, 200)
      longestMs = Math.max(longestMs, performance.now() - startedMs)
    }
    const { status, body } = await asked
    assert.ok(status === 200 || status === 400, `${status} ${body.slice(0, 200)}`)
    assert.ok(longestMs < 1_000, `others waited ${longestMs} ms`)
  })
}

const UPLOAD_BYTES = 40 * 1024 * 1024

for (const chunkBytes of [undefined, 65_536]) {
  for (const path of ['/v1/images/edits', '/v1/images/generations']) {
    const how = chunkBytes === undefined ? 'with a length' : 'in chunks'
    test(`40 MB to ${path} ${how} are a 413, and the connection goes on`, async () => {
      const image = { name: 'image', value: Buffer.alloc(UPLOAD_BYTES, 7), fileName: 'a.png' }
      const { headers = [], body } = editForm([image])
      const isEdit = path.endsWith('edits')
      const reply = await sendBoth({
        path,
        headers: isEdit ? headers : (generation().headers ?? []),
        ...(body === undefined ? {} : { body }),
        ...(chunkBytes === undefined ? {} : { chunkBytes }),
      })
      assert.equal(reply.status, 413)
      assert.match(reasonOf(reply), /^The request body must be at most \d+ bytes/)
      assert.equal(JSON.parse(reply.body).error.code, 'body_too_large')
    })
  }
}

test('after all that nothing lies on the disk, and the next picture is made', async () => {
  assert.deepEqual(gateway.linkFiles(), [])
  assert.deepEqual(gateway.temporaryFiles(), [])
  await assertUnchanged(gateway, start, 150 * 1024 * 1024)
  assertCalmLog(gateway.daemon, [])
  await readPicture(await gateway.client.images.generate({ model: 'dall-e-3', prompt: 'a boat' }))
})
