import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import type { RefreshReport, Status } from '../../src/admin/types.js'
import type { ControlFault } from '../emulator/behaviour.js'
import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator/emulator.js'
import { afterwards } from './afterwards.js'
import { eventually, MODEL, postChat, readError, within } from './chat.js'
import { type Daemon, type DaemonOptions, startDaemon } from './daemon.js'

const ARN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6'
const PROFILE_ONLY = 'anthropic.claude-haiku-4-5-20251001-v1:0'

interface ModelBody {
  readonly id: string
  readonly name: string
  readonly object: string
}

async function startBoth(
  t: TestContext,
  options: DaemonOptions & {
    readonly control?: readonly ControlFault[]
    readonly listing?: EmulatorOptions
  } = {},
): Promise<{ emulator: Emulator; daemon: Daemon }> {
  const emulator = await startEmulator(options.listing)
  afterwards(t, () => emulator.close())
  emulator.set({ control: options.control ?? [] })
  const daemon = await startDaemon({ emulator, ...options })
  afterwards(t, () => daemon.kill())
  return { emulator, daemon }
}

function newStateDir(t: TestContext): string {
  const stateDir = mkdtempSync(join(tmpdir(), 'bedrockd-test-'))
  afterwards(t, () => rmSync(stateDir, { recursive: true, force: true }))
  return stateDir
}

async function listModels(url: string, query = ''): Promise<readonly ModelBody[]> {
  const response = await fetch(`${url}/v1/models${query}`)
  assert.equal(response.status, 200)
  const body = (await response.json()) as { object: string; data: ModelBody[] }
  assert.equal(body.object, 'list')
  return body.data
}

const idsOf = (models: readonly ModelBody[]): string[] => models.map(({ id }) => id)
const status = async (daemon: Daemon): Promise<Status> => (await daemon.admin('/status')) as Status
const refresh = async (daemon: Daemon): Promise<RefreshReport> =>
  (await daemon.admin('/refresh', 'POST')) as RefreshReport

// Each test waits for a daemon of its own most of the time.
suite('the model list', { concurrency: 4 }, () => {
  const FAULTS: Readonly<Record<string, ControlFault>> = {
    hangs: { hang: true },
    'lists nothing': { listNothing: true },
    fails: { failWith: { status: 500, type: 'InternalServerException', message: 'Oops.' } },
    refuses: { failWith: { status: 403, type: 'AccessDeniedException', message: 'No.' } },
    'hangs for one of the two lists': { operation: 'ListInferenceProfiles', hang: true },
    'fails for one of the two lists': {
      operation: 'ListInferenceProfiles',
      failWith: { status: 500, type: 'InternalServerException', message: 'Oops.' },
    },
  }
  test('before the first success one model is no 404 either: wait, then 503', async (t) => {
    const { emulator, daemon } = await startBoth(t, {
      control: [{ hang: true }],
      waitReady: false,
      environment: {
        BEDROCKD_FIRST_REFRESH_WAIT_SECONDS: '0.5',
        BEDROCKD_REFRESH_DEADLINE_SECONDS: '1',
        BEDROCKD_MODEL_REFRESH_SECONDS: '1',
      },
    })
    const url = `${daemon.url}/v1/models/us.${PROFILE_ONLY}`
    assert.equal((await readError(await fetch(url), 503)).code, 'no_models_yet')
    emulator.set({ control: [] })
    await eventually(async () => (await fetch(url)).status === 200, 'the model')
  })

  for (const [name, fault] of Object.entries(FAULTS)) {
    test(`before the first success, while AWS ${name}: wait, then 503, never an empty 200; then it recovers`, async (t) => {
      const { emulator, daemon } = await startBoth(t, {
        control: [fault],
        waitReady: false,
        environment: {
          BEDROCKD_FIRST_REFRESH_WAIT_SECONDS: '0.5',
          BEDROCKD_REFRESH_DEADLINE_SECONDS: '1',
          BEDROCKD_MODEL_REFRESH_SECONDS: '1',
        },
      })
      const askedAtMs = performance.now()
      const response = await fetch(`${daemon.url}/v1/models`)
      assert.ok(performance.now() - askedAtMs >= 450, 'it must wait for the first list')
      assert.match(response.headers.get('retry-after') ?? '', /^[1-9]/)
      assert.equal((await readError(response, 503)).code, 'no_models_yet')
      const ready = (await (await fetch(`${daemon.url}/readyz`)).json()) as { snapshot: boolean }
      assert.equal(ready.snapshot, false)
      const reason = await eventually(
        async () => (await status(daemon)).snapshot.regions[0]?.lastFailure?.reason,
        'the reason in the status',
      )
      t.diagnostic(reason)
      emulator.set({ control: [] })
      const recovered = await eventually(async () => {
        const again = await fetch(`${daemon.url}/v1/models`)
        const body = (await again.json()) as { data?: ModelBody[] }
        return again.status === 200 && body.data
      }, 'the recovery')
      assert.ok(idsOf(recovered).includes(MODEL))
    })
  }

  test('a request that waits for the first list gets it the moment it is there', async (t) => {
    const { daemon } = await startBoth(t, { control: [{ delayMs: 1_000 }], waitReady: false })
    assert.ok(idsOf(await listModels(daemon.url)).includes(MODEL))
  })

  test('where IAM denies the application profiles the list comes without them, and status says so', async (t) => {
    const { daemon } = await startBoth(t, { control: [{ denyProfileTypes: ['APPLICATION'] }] })
    const ids = idsOf(await listModels(daemon.url))
    assert.ok(ids.includes(MODEL) && !ids.includes(ARN))
    assert.deepEqual((await status(daemon)).snapshot.regions[0]?.deniedProfileTypes, ['APPLICATION'])
  })

  test('after a restart without AWS the same list is there at once', async (t) => {
    const stateDir = newStateDir(t)
    const { emulator, daemon } = await startBoth(t, { stateDir })
    const before = await (await fetch(`${daemon.url}/v1/models?type=all`)).text()
    const { generation } = (await status(daemon)).snapshot
    assert.equal(await daemon.stop(), 0)
    await emulator.close()
    for (const environment of [emulator.environment, {}]) {
      const again = await startDaemon({ stateDir, emulator: { environment }, waitReady: false })
      try {
        assert.equal(await (await fetch(`${again.url}/v1/models?type=all`)).text(), before)
        assert.equal((await status(again)).snapshot.generation, generation)
      } finally {
        await again.kill()
      }
    }
  })

  test('a list that lost more than half waits for a second opinion', async (t) => {
    const { emulator, daemon } = await startBoth(t)
    const before = idsOf(await listModels(daemon.url, '?type=all'))
    emulator.set({ control: [{ dropModels: 0.6 }] })
    assert.equal((await refresh(daemon)).regions[0]?.outcome, 'held-back')
    assert.equal((await status(daemon)).snapshot.regions[0]?.heldBack, true)
    assert.deepEqual(idsOf(await listModels(daemon.url, '?type=all')), before)
    // It was a fluke: the full list is back, and the next loss is a first one again.
    emulator.set({ control: [] })
    assert.equal((await refresh(daemon)).regions[0]?.outcome, 'unchanged')
    emulator.set({ control: [{ dropModels: 0.6 }] })
    assert.equal((await refresh(daemon)).regions[0]?.outcome, 'held-back')
    // It was not: the second refresh agrees.
    assert.equal((await refresh(daemon)).regions[0]?.outcome, 'advanced')
    const after = idsOf(await listModels(daemon.url, '?type=all'))
    assert.ok(after.length > 0 && after.length < before.length)
  })

  test('a control plane that lists nothing, fails or hangs leaves the list as it is', async (t) => {
    const { emulator, daemon } = await startBoth(t, {
      environment: { BEDROCKD_REFRESH_DEADLINE_SECONDS: '1' },
    })
    const before = idsOf(await listModels(daemon.url, '?type=all'))
    for (const fault of Object.values(FAULTS)) {
      // A profile list denied for good is the one failure that a region advances with.
      if (fault.failWith?.status === 403) continue
      emulator.set({ control: [fault] })
      for (let round = 0; round < 2; round += 1) {
        assert.equal((await refresh(daemon)).regions[0]?.outcome, 'failed')
        assert.deepEqual(idsOf(await listModels(daemon.url, '?type=all')), before)
      }
    }
    assert.equal((await fetch(`${daemon.url}/readyz`)).status, 200)
  })

  test('one region that hangs holds up neither the others nor the list', async (t) => {
    const { emulator, daemon } = await startBoth(t, {
      listing: { regions: ['us-east-1', 'eu-west-1'] },
      control: [{ region: 'eu-west-1', hang: true }],
      environment: { BEDROCKD_REGIONS: 'us-east-1,eu-west-1', BEDROCKD_REFRESH_DEADLINE_SECONDS: '2' },
    })
    const ids = idsOf(await listModels(daemon.url))
    assert.ok(ids.includes(MODEL) && !ids.some((id) => id.startsWith('eu.')))
    emulator.set({ control: [] })
    // The first call joins the refresh that still waits for the region.
    await refresh(daemon)
    await refresh(daemon)
    assert.ok(idsOf(await listModels(daemon.url)).some((id) => id.startsWith('eu.')))
  })

  test('SIGHUP, the timer and `refresh` bring in what is new', async (t) => {
    const { emulator, daemon } = await startBoth(t, {
      control: [{ dropModels: 0.4 }],
      environment: { BEDROCKD_MODEL_REFRESH_SECONDS: '1' },
    })
    const count = async (): Promise<number> => (await listModels(daemon.url, '?type=all')).length
    const small = await count()
    emulator.set({ control: [] })
    await eventually(async () => (await count()) > small, 'the refresh by the timer')

    const { emulator: calm, daemon: waiting } = await startBoth(t, { control: [{ dropModels: 0.4 }] })
    const before = (await listModels(waiting.url, '?type=all')).length
    calm.set({ control: [{ dropModels: 0.2 }] })
    waiting.process.kill('SIGHUP')
    const more = await eventually(async () => {
      const models = await listModels(waiting.url, '?type=all')
      return models.length > before && models.length
    }, 'the refresh by SIGHUP')
    calm.set({ control: [] })
    assert.equal((await refresh(waiting)).regions[0]?.outcome, 'advanced')
    assert.ok((await listModels(waiting.url, '?type=all')).length > more)
  })
})

suite('what models are called and where they lead', () => {
  test('listeners, kinds, profiles and ARNs', async (t) => {
    const { emulator, daemon } = await startBoth(t)
    const chat = idsOf(await listModels(daemon.url))
    const images = idsOf(await listModels(daemon.imagesUrl))

    await t.test(
      'the chat listener lists chat models only, the images listener image models only',
      async () => {
        assert.ok(chat.includes(MODEL))
        assert.ok(!chat.some((id) => /canvas|stable-image|embed|rerank/.test(id)), chat.join(' '))
        assert.ok(images.includes('amazon.nova-canvas-v1:0'))
        assert.ok(
          images.every((id) => /canvas|stable-image|stability|titan-image/.test(id)),
          images.join(' '),
        )
      },
    )

    await t.test('?type= asks for another kind, on either listener', async () => {
      assert.deepEqual(idsOf(await listModels(daemon.url, '?type=image')), images)
      assert.deepEqual(idsOf(await listModels(daemon.imagesUrl, '?type=chat')), chat)
      const embedding = idsOf(await listModels(daemon.url, '?type=embedding'))
      assert.ok(embedding.includes('amazon.titan-embed-text-v2:0'))
      assert.deepEqual(idsOf(await listModels(daemon.url, '?type=rerank')), [
        'amazon.rerank-v1:0',
        'cohere.rerank-v3-5:0',
      ])
      const all = idsOf(await listModels(daemon.url, '?type=all'))
      for (const id of [...chat, ...images, ...embedding]) assert.ok(all.includes(id))
      const error = await readError(await fetch(`${daemon.url}/v1/models?type=video`), 400)
      assert.equal(error.param, 'type')
    })

    await t.test('what cannot be invoked is not listed', async () => {
      const all = idsOf(await listModels(daemon.url, '?type=all'))
      assert.deepEqual(
        all.filter((id) => /:(\d+k|512|mm)$/.test(id)),
        [],
      )
      assert.ok(!all.includes(PROFILE_ONLY))
      assert.ok(all.includes(`us.${PROFILE_ONLY}`) && all.includes(`global.${PROFILE_ONLY}`))
      assert.equal(new Set(all).size, all.length)
    })

    await t.test('a profile-only id is sent to its profile, streamed or not', async () => {
      for (const stream of [true, false]) {
        const response = await postChat(daemon.url, { model: PROFILE_ONLY, stream })
        await response.text()
        assert.equal(response.status, 200)
        const { target } = emulator.requests.at(-1) ?? { target: '' }
        const operation = stream ? 'converse-stream' : 'converse'
        assert.equal(target, `/model/us.${encodeURIComponent(PROFILE_ONLY)}/${operation}`)
      }
    })

    await t.test('a name that a chat takes is described as the entry it leads to', async () => {
      for (const [name, id] of [
        [PROFILE_ONLY, `us.${PROFILE_ONLY}`],
        [`bedrock/${MODEL}`, MODEL],
      ]) {
        const response = await fetch(`${daemon.url}/v1/models/${name}`)
        assert.equal(response.status, 200, name)
        assert.equal(((await response.json()) as ModelBody).id, id)
      }
      await readError(await fetch(`${daemon.url}/v1/models/nobody.new-model-v1:0`), 404)
    })

    await t.test('names with the prefixes of LiteLLM are the same models', async () => {
      for (const model of [`bedrock/${MODEL}`, `bedrock/converse/${MODEL}`]) {
        const response = await postChat(daemon.url, { model })
        const body = (await response.json()) as { model: string }
        assert.equal(response.status, 200)
        assert.equal(body.model, model)
        assert.equal(emulator.requests.at(-1)?.modelId, MODEL)
      }
    })

    await t.test('an application profile is found and used by its ARN, encoded or not', async () => {
      assert.ok(chat.includes(ARN))
      for (const base of ['/v1', '/api/v1', '//v1']) {
        for (const id of [ARN, encodeURIComponent(ARN)]) {
          const response = await fetch(`${daemon.url}${base}/models/${id}`)
          const body = (await response.json()) as ModelBody
          assert.equal(response.status, 200, `${base} ${id}`)
          assert.equal(body.id, ARN)
          assert.equal(body.object, 'model')
          assert.match(body.name, /team-research/)
        }
      }
      const response = await postChat(daemon.url, { model: ARN })
      await response.text()
      assert.equal(response.status, 200)
      assert.equal(emulator.requests.at(-1)?.target, `/model/${encodeURIComponent(ARN)}/converse`)
    })

    await t.test('an id that no list has, but that looks like one of Bedrock, is tried', async () => {
      const error = await readError(await postChat(daemon.url, { model: 'nobody.new-model-v1:0' }), 404)
      assert.equal(error.code, 'model_not_found')
      assert.equal(emulator.requests.at(-1)?.modelId, 'nobody.new-model-v1:0')
    })

    await t.test('a model that ranks cannot chat, and the message says so', async () => {
      const error = await readError(await postChat(daemon.url, { model: 'cohere.rerank-v3-5:0' }), 400)
      assert.equal(error.param, 'model')
    })

    await t.test('the list stays quick while the control plane hangs', async () => {
      emulator.set({ control: [{ hang: true }] })
      const running = refresh(daemon)
      const lists = await within(
        Promise.all(Array.from({ length: 50 }, () => listModels(daemon.url))),
        5_000,
        'the lists did not come',
      )
      assert.ok(lists.every((list) => list.length === chat.length))
      running.catch(() => {})
    })
  })
})
