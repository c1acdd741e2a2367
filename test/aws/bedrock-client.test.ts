import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BedrockHandler } from '../../src/aws/bedrock-client.js'
import { sha256Hex } from '../../src/aws/sigv4.js'
import { startEmulator } from '../emulator/emulator.js'
import { type Arrival, createWireClient, sendAndHear, startWire, toRequest, type Wire } from './wire.js'

/** A client and a server that answers as told; both closed at the end. */
async function withWire(
  answer: (arrival: Arrival) => void,
  run: (scene: { wire: Wire } & Awaited<ReturnType<typeof createWireClient>>) => Promise<void>,
  options: Partial<Parameters<typeof createWireClient>[0]> = {},
): Promise<void> {
  const wire = await startWire(answer)
  const made = await createWireClient({ ...options, url: `${wire.url}${options.url ?? ''}` })
  try {
    await run({ wire, ...made })
  } finally {
    await made.close()
    await wire.close()
  }
}

function replyOk({ request, response }: Arrival): void {
  request.resume()
  request.on('end', () => response.writeHead(200, { 'x-amzn-requestid': 'request-1' }).end('{"ok":true}'))
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts)
}

test('a reply arrives as headers, data and one end, and the connection is used again', async () => {
  await withWire(replyOk, async ({ wire, client }) => {
    for (let round = 0; round < 3; round += 1) {
      const heard = await sendAndHear(client)
      assert.deepEqual(heard.calls, ['headers', 'data', 'end'])
      assert.equal(heard.requestId, 'request-1')
      assert.equal(heard.body.toString(), '{"ok":true}')
    }
    assert.deepEqual([wire.requestsTotal, wire.connectionsTotal], [3, 1])
  })
})

for (const broken of ['onHeaders', 'onData', 'onReadEnd', 'onEnd'] as const) {
  test(`a handler whose ${broken} throws hears of it as an internal error, and the next call is answered`, async () => {
    const answer = (arrival: Arrival): void => {
      arrival.request.resume()
      arrival.response.writeHead(200).write('{"ok":')
      setTimeout(() => arrival.response.end('true}'), 20)
    }
    await withWire(answer, async ({ client }) => {
      const calls: string[] = []
      const code = await new Promise((resolve) => {
        const note = (name: keyof BedrockHandler) => () => {
          calls.push(name)
          if (name === broken) throw new TypeError('a fault of ours')
        }
        client.send(toRequest(), {
          onHeaders: note('onHeaders'),
          onData: note('onData'),
          onReadEnd: note('onReadEnd'),
          onEnd: note('onEnd'),
          onError: (error) => resolve(error.code),
        })
      })
      assert.equal(code, 'internal_error')
      assert.equal(calls.at(-1), broken, 'nothing is heard after it')
      assert.equal((await sendAndHear(client)).body.toString(), '{"ok":true}')
    })
  })
}

for (const { name, body } of [
  { name: 'a small body', body: '{"messages":[]}' },
  { name: 'a body over 1 MB', body: 'x'.repeat(1_500_000) },
]) {
  test(`${name} whose re-used connection dies before any byte is sent once more on a fresh connection`, async () => {
    const bodies: string[] = []
    const answer = (arrival: Arrival): void => {
      void readAll(arrival.request).then((bytes) => {
        bodies.push(sha256Hex(bytes))
        if (arrival.onConnection > 1) arrival.socket.destroy()
        else arrival.response.writeHead(200).end('{}')
      })
    }
    await withWire(answer, async ({ wire, client }) => {
      await sendAndHear(client, { body })
      const heard = await sendAndHear(client, { body })
      assert.equal(heard.error, null)
      assert.deepEqual(heard.calls, ['headers', 'data', 'end'])
      assert.deepEqual([wire.requestsTotal, wire.connectionsTotal], [3, 2])
      assert.deepEqual(new Set(bodies), new Set([sha256Hex(body)]), 'each time the whole body')
    })
  })
}

test('a request that dies on the fresh connection too is not sent a third time', async () => {
  let living = true
  const answer = (arrival: Arrival): void => {
    if (living) replyOk(arrival)
    else arrival.socket.destroy()
  }
  await withWire(answer, async ({ wire, client }) => {
    await sendAndHear(client)
    living = false
    const heard = await sendAndHear(client)
    assert.deepEqual(heard.calls, ['error'])
    assert.equal(heard.error?.code, 'upstream_unavailable')
    assert.equal(heard.error?.status, 503)
    assert.equal(wire.requestsTotal, 3)
  })
})

test('a request that dies on a fresh connection is not sent again: Bedrock may have it', async () => {
  await withWire(
    ({ socket }) => socket.destroy(),
    async ({ wire, client }) => {
      const heard = await sendAndHear(client)
      assert.deepEqual(heard.calls, ['error'])
      assert.equal(heard.error?.code, 'upstream_unavailable')
      assert.equal(wire.requestsTotal, 1)
    },
  )
})

for (const [name, firstBytes, code] of [
  ['a part of its status line', 'HTTP/1.1 20', 'upstream_unavailable'],
  ['its headers', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n', 'upstream_incomplete'],
  ['a part of its body', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc', 'upstream_incomplete'],
] as const) {
  test(`a reply that dies after ${name} on a re-used connection is not asked for again`, async () => {
    const answer = (arrival: Arrival): void => {
      if (arrival.onConnection === 1) replyOk(arrival)
      else arrival.socket.write(firstBytes, () => arrival.socket.destroy())
    }
    await withWire(answer, async ({ wire, client }) => {
      await sendAndHear(client)
      const heard = await sendAndHear(client)
      assert.equal(heard.calls.at(-1), 'error')
      assert.equal(heard.error?.code, code)
      assert.equal(wire.requestsTotal, 2)
    })
  })
}

test('many requests at once on re-used connections that all die are each sent once more and answered', async () => {
  const answer = (arrival: Arrival): void => {
    if (arrival.onConnection > 1) arrival.socket.destroy()
    else setTimeout(() => replyOk(arrival), 20)
  }
  await withWire(answer, async ({ wire, client }) => {
    const round = () => Promise.all(Array.from({ length: 20 }, () => sendAndHear(client)))
    assert.deepEqual(
      (await round()).map(({ error }) => error),
      Array(20).fill(null),
    )
    assert.deepEqual(
      (await round()).map(({ error }) => error),
      Array(20).fill(null),
    )
    assert.deepEqual([wire.requestsTotal, wire.connectionsTotal], [60, 40])
  })
})

test('a connection that was opened ahead carries the first request, and unknown regions are passed over', async () => {
  await withWire(replyOk, async ({ wire, client }) => {
    client.warm(['nowhere-1', 'us-east-1'])
    while (wire.connectionsTotal === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal((await sendAndHear(client)).error, null)
    assert.deepEqual([wire.requestsTotal, wire.connectionsTotal], [1, 1])
  })
})

test('replies that come at once never mix, however they are cut and whoever waits', async () => {
  const bodies = Array.from({ length: 30 }, (_, index) => String(index % 10).repeat(100_000 + index))
  let next = 0
  const answer = ({ response }: Arrival): void => {
    const body = bodies[next++] ?? ''
    response.writeHead(next % 3 === 0 ? 400 : 200)
    const writeOn = (offset: number): void => {
      if (offset >= body.length) response.end()
      else response.write(body.slice(offset, offset + 3_333), () => setImmediate(writeOn, offset + 3_333))
    }
    writeOn(0)
  }
  await withWire(answer, async ({ client }) => {
    const heard = await Promise.all(bodies.map(() => sendAndHear(client)))
    const whole = heard.filter(({ error }) => error === null).map(({ body }) => body.toString())
    assert.deepEqual(new Set(whole), new Set(bodies.filter((_, index) => index % 3 !== 2)))
  })
})

test('an abort closes the connection at once, before and in the reply, and the handler hears no more', async () => {
  for (const when of ['before the reply', 'in the reply'] as const) {
    let arrived = (_: Arrival): void => {}
    const arrival = new Promise<Arrival>((resolve) => {
      arrived = resolve
    })
    await withWire(
      (each) => {
        if (when === 'in the reply') each.response.writeHead(200).write('first')
        arrived(each)
      },
      async ({ client }) => {
        const heard: string[] = []
        let firstData = (): void => {}
        const data = new Promise<void>((resolve) => {
          firstData = resolve
        })
        const call = client.send(toRequest(), {
          onHeaders: () => heard.push('headers'),
          onData() {
            heard.push('data')
            firstData()
          },
          onEnd: () => heard.push('end'),
          onError: () => heard.push('error'),
        })
        const { socket, response } = await arrival
        if (when === 'in the reply') await data
        const before = [...heard]
        const closed = once(socket, 'close')
        call.abort()
        await closed
        response.end('more')
        await new Promise((resolve) => setTimeout(resolve, 20))
        assert.deepEqual(heard, before, when)
        call.abort()
      },
    )
  }
})

test('an abort in the same turn as the send never reaches the server, and the next request does', async () => {
  await withWire(replyOk, async ({ wire, client }) => {
    const call = client.send(toRequest(), {
      onHeaders: () => assert.fail('headers'),
      onData: () => assert.fail('data'),
      onEnd: () => assert.fail('end'),
      onError: () => assert.fail('error'),
    })
    call.abort()
    assert.equal((await sendAndHear(client)).error, null)
    assert.equal(wire.requestsTotal, 1)
  })
})

test('a paused call takes nothing more until it is resumed, and then all of it', async () => {
  const bytesTotal = 8 * 1024 * 1024
  await withWire(
    ({ response }) => response.writeHead(200).end(Buffer.alloc(bytesTotal)),
    async ({ client }) => {
      let bytes = 0
      let bytesPaused = -1
      await new Promise<void>((resolve, reject) => {
        const call = client.send(toRequest(), {
          onHeaders() {},
          onData(chunk) {
            bytes += chunk.length
            if (bytesPaused >= 0) return
            bytesPaused = bytes
            call.pause()
            setTimeout(() => {
              // What was read already may still come, which is one read of the socket.
              assert.ok(bytes <= bytesPaused + 64 * 1024, `${bytes} of ${bytesTotal}`)
              call.resume()
            }, 100)
          },
          onEnd: resolve,
          onError: reject,
        })
      })
      assert.equal(bytes, bytesTotal)
    },
  )
})

test('an error reply becomes the error of its type, with the request id and the words of Bedrock', async () => {
  const replies = [
    { status: 429, type: 'ThrottlingException:http://internal.amazon.com/', code: 'rate_limit_exceeded' },
    { status: 400, type: 'ValidationException', code: 'invalid_request' },
    { status: 403, type: 'AccessDeniedException', code: 'access_denied' },
    { status: 500, type: 'InternalServerException', code: 'upstream_error' },
    { status: 418, type: '', code: 'invalid_request' },
    { status: 302, type: '', code: 'upstream_error' },
  ] as const
  for (const { status, type, code } of replies) {
    await withWire(
      ({ response }) =>
        response
          .writeHead(status, { 'x-amzn-errortype': type, 'x-amzn-requestid': 'request-7' })
          .end('{"message":"Words of Bedrock."}'),
      async ({ client }) => {
        const { calls, error } = await sendAndHear(client)
        assert.deepEqual(calls, ['error'])
        assert.equal(error?.code, code)
        assert.match(error?.message ?? '', /Words of Bedrock\.$/)
        assert.deepEqual(error?.upstream, {
          type: type.split(':')[0] || null,
          status,
          requestId: 'request-7',
        })
      },
    )
  }
})

test('an error reply whose body is huge, no JSON or cut off is still the error of its status', async () => {
  const answers: readonly ((arrival: Arrival) => void)[] = [
    ({ response }) => response.writeHead(503).end('x'.repeat(1_000_000)),
    ({ response }) => response.writeHead(503).end('<html>'),
    ({ response }) => response.writeHead(503).end(),
    ({ response, socket }) =>
      response.writeHead(503, { 'content-length': 100 }).write('{"mess', () => socket.destroy()),
  ]
  for (const answer of answers) {
    await withWire(answer, async ({ client }) => {
      const { calls, error } = await sendAndHear(client)
      assert.deepEqual(calls, ['error'])
      assert.equal(error?.code, 'upstream_unavailable')
      assert.equal(error?.message, 'Bedrock: status 503 without a message')
    })
  }
})

test('credentials that AWS refuses are looked up again, once', async () => {
  let lookUps = 0
  await withWire(
    ({ response }) =>
      response
        .writeHead(403, { 'x-amzn-errortype': 'ExpiredTokenException' })
        .end('{"message":"The security token included in the request is expired"}'),
    async ({ client }) => {
      const heard = await Promise.all(Array.from({ length: 5 }, () => sendAndHear(client)))
      for (const { error } of heard) {
        assert.equal(error?.code, 'aws_credentials')
        assert.equal(error?.status, 503)
      }
      while (lookUps < 2) await new Promise((resolve) => setTimeout(resolve, 20))
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(lookUps, 2)
    },
    {
      onLookUp: () => {
        lookUps += 1
      },
    },
  )
})

test('bodies around and over 1 MB arrive whole, with their length, as text and as bytes', async () => {
  const MB = 1024 * 1024
  const inTheMiddle = Buffer.alloc(3 * MB, 'abc').subarray(100, 100 + 2 * MB)
  const bodies: readonly (string | Uint8Array)[] = [
    '{}',
    'x'.repeat(MB),
    'x'.repeat(MB + 1),
    'ü😀'.repeat(MB),
    inTheMiddle,
    new Uint8Array(inTheMiddle),
  ]
  const seen: { hash: string; length: string | undefined; encoding: string | undefined }[] = []
  await withWire(
    ({ request, response }) => {
      void readAll(request).then((bytes) => {
        const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
        seen.push({ hash: sha256Hex(bytes), length, encoding })
        response.end('{}')
      })
    },
    async ({ client }) => {
      for (const body of bodies) assert.equal((await sendAndHear(client, { body })).error, null)
      assert.deepEqual(
        seen,
        bodies.map((body) => ({
          hash: sha256Hex(body),
          length: String(Buffer.byteLength(body)),
          encoding: undefined,
        })),
      )
    },
  )
})

test('what is sent: path, content type, date of the clock, session token or bearer token', async () => {
  const ARN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl'
  let nowMs = Date.UTC(2026, 0, 15, 12, 0, 0, 900)
  const seen: IncomingMessage[] = []
  const answer = (arrival: Arrival): void => {
    seen.push(arrival.request)
    replyOk(arrival)
  }
  await withWire(
    answer,
    async ({ client }) => {
      await sendAndHear(client)
      nowMs += 200
      await sendAndHear(client, {
        target: {
          id: ARN,
          region: 'us-east-1',
          dialect: 'converse',
          kind: 'chat' as const,
          foundationId: null,
        },
        stream: true,
      })
    },
    { now: () => nowMs, sessionToken: 'session-token-of-a-test', url: '/base' },
  )
  await withWire(answer, async ({ client }) => void (await sendAndHear(client)), {
    bearerToken: 'bearer-token-of-a-test',
  })
  assert.deepEqual(
    seen.map(({ method, url, headers }) => ({
      method,
      url,
      type: headers['content-type'],
      date: headers['x-amz-date'],
      token: headers['x-amz-security-token'],
      authorization: headers.authorization?.replace(/Signature=[0-9a-f]{64}$/, 'Signature=…'),
    })),
    [
      {
        method: 'POST',
        url: '/base/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse',
        type: 'application/json',
        date: '20260115T120000Z',
        token: 'session-token-of-a-test',
        authorization:
          'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-east-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=…',
      },
      {
        method: 'POST',
        url: `/base/model/${encodeURIComponent(ARN)}/converse-stream`,
        type: 'application/json',
        date: '20260115T120001Z',
        token: 'session-token-of-a-test',
        authorization:
          'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-east-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=…',
      },
      {
        method: 'POST',
        url: '/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse',
        type: 'application/json',
        date: undefined,
        token: undefined,
        authorization: 'Bearer bearer-token-of-a-test',
      },
    ],
  )
})

test('a strict verifier accepts what is sent: with and without session token, with a given hash, large, bearer', async () => {
  const body = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hi '.repeat(500_000) }] }] })
  const bytes = Buffer.from(body)
  for (const identity of [
    {},
    { sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE//wEaCXVz+/=' },
    { bearerToken: 'token' },
  ]) {
    const emulator = await startEmulator(identity)
    const { client, close } = await createWireClient({ url: emulator.url, ...identity })
    try {
      for (const more of [{}, { body }, { body: bytes, payloadHash: sha256Hex(bytes) }]) {
        const heard = await sendAndHear(client, more)
        assert.equal(heard.error, null, JSON.stringify(Object.keys(identity)))
      }
      assert.deepEqual(
        emulator.requests.map(({ refusal }) => refusal),
        [null, null, null],
      )
    } finally {
      await close()
      await emulator.close()
    }
  }
})

test('connections that can not be made are a 503: nobody listens, or no TLS there', async () => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as { port: number }
  free.close()
  await once(free, 'close')
  const wire = await startWire(replyOk)
  const urls = [`http://127.0.0.1:${port}`, wire.url.replace('http:', 'https:')]
  try {
    for (const url of urls) {
      const { client, close } = await createWireClient({ url })
      try {
        const { calls, error } = await sendAndHear(client)
        assert.deepEqual(calls, ['error'])
        assert.equal(error?.code, 'upstream_unavailable')
        assert.equal(error?.status, 503)
        assert.match(error?.message ?? '', /^Bedrock could not be reached \([A-Z_]+\)\.$/)
      } finally {
        await close()
      }
    }
    assert.equal(wire.requestsTotal, 0)
  } finally {
    await wire.close()
  }
})

test('close cuts what still runs, and the handler hears of it once', async () => {
  await withWire(
    ({ response }) => response.writeHead(200).write('first'),
    async ({ client, close }) => {
      const heard = sendAndHear(client)
      await new Promise((resolve) => setTimeout(resolve, 50))
      await close()
      assert.deepEqual((await heard).calls, ['headers', 'data', 'error'])
    },
  )
})

for (const scheme of ['htps', 'ftp', 'localhost']) {
  test(`an endpoint that begins with ${scheme}: is refused, not asked in the clear`, async () => {
    const wire = await startWire(replyOk)
    const { client, close } = await createWireClient({
      url: wire.url.replace('http', scheme),
      bearerToken: 'secret',
    })
    client.warm(['us-east-1'])
    assert.throws(() => client.send(toRequest(), {} as BedrockHandler), { code: 'upstream_unavailable' })
    await sleep(50)
    assert.equal(wire.connectionsTotal, 0)
    await close()
    await wire.close()
  })
}
