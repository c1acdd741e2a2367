import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { buildCatalogue } from '../emulator/catalogue.js'
import type { EmulatorOptions } from '../emulator/emulator.js'
import { testPicture } from '../emulator/images/test-pictures.js'
import { eventually } from './chat.js'
import { editPicture, IMAGE_KEY, type ImageGateway, startImageGateway } from './image-gateway.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const CHAT = 'amazon.nova-micro-v1:0'
const CORE = 'stability.stable-image-core-v1:1'
const INPAINT = 'us.stability.stable-image-inpaint-v1:0'

/** As it is today: chat in us-east-1, where also the services are listed that cross regions; Stability's generators in us-west-2. */
function twoRegions(): EmulatorOptions {
  const isGenerator = (id: string): boolean => /^stability\.(?:sd3|stable-image-(?:core|ultra))/.test(id)
  const east = buildCatalogue(EAST)
  const west = buildCatalogue(WEST)
  return {
    regions: [EAST, WEST],
    models: {
      [EAST]: east.models.filter(({ modelId }) => !modelId.startsWith('stability.') && !isImage(modelId)),
      [WEST]: west.models.filter(({ modelId }) => modelId.startsWith('stability.')),
    },
    profiles: {
      [EAST]: east.profiles.filter(({ inferenceProfileId }) => !inferenceProfileId.includes('stability.')),
      [WEST]: west.profiles.filter(
        ({ inferenceProfileId }) =>
          inferenceProfileId.includes('stability.') && !isGenerator(inferenceProfileId.slice(3)),
      ),
    },
  }
}

function isImage(id: string): boolean {
  return /canvas|titan-image/.test(id)
}

let gateway: ImageGateway
before(async () => {
  gateway = await startImageGateway({
    emulator: twoRegions(),
    environment: { BEDROCKD_REGIONS: `${EAST},${WEST}` },
  })
  // The daemon is ready with its first region; the other one comes a moment later.
  await eventually(async () => (await list(`${gateway.daemon.imagesUrl}/v1/models`)).length > 0, 'the list')
})
after(() => gateway?.close())
beforeEach(() => gateway.reset())

async function list(url: string): Promise<readonly string[]> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${IMAGE_KEY}` } })
  assert.equal(response.status, 200)
  return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id)
}

test('pictures are made in the region that has the model, chats in the first one', async () => {
  for (const model of [CORE, 'dall-e-3', `bedrock/${CORE}`]) {
    assert.equal((await gateway.client.images.generate({ model, prompt: 'a boat' })).data?.length, 1)
    const { region, modelId } = gateway.calls().at(-1) ?? assert.fail('no call')
    assert.deepEqual({ region, modelId }, { region: WEST, modelId: CORE })
  }
  await editPicture(gateway, { image: await testPicture() }, { model: INPAINT.slice(3) })
  const { region, modelId } = gateway.calls().at(-1) ?? assert.fail('no call')
  assert.deepEqual({ region, modelId }, { region: WEST, modelId: INPAINT })
  const messages = [{ role: 'user', content: 'Hello' }]
  assert.equal((await gateway.post('/v1/chat/completions', { model: CHAT, messages })).status, 200)
  const chat = gateway.emulator.requests.findLast(({ operation }) => operation === 'Converse')
  assert.equal(chat?.region, EAST)
})

test('a region in the name is the region that is asked', async () => {
  await assert.rejects(
    gateway.client.images.generate({ model: `bedrock/${EAST}/${CORE}`, prompt: 'a boat' }),
    /model|access/i,
  )
  assert.ok(gateway.calls().every(({ region }) => region === EAST))
})

test('the images listener lists image models only, the chat listener none of them', async () => {
  const { imagesUrl, url } = gateway.daemon
  for (const prefix of ['/v1', '/api/v1']) {
    const images = await list(`${imagesUrl}${prefix}/models`)
    assert.equal(images.length, 16)
    assert.ok(images.every((id) => id.includes('stability.')))
    assert.ok(images.includes(CORE) && images.includes(INPAINT))
    const chat = await list(`${url}${prefix}/models`)
    assert.ok(chat.includes(CHAT))
    assert.ok(chat.every((id) => !id.includes('stability.')))
    for (const base of [imagesUrl, url]) {
      assert.deepEqual(await list(`${base}${prefix}/models?type=image`), images)
      assert.deepEqual(await list(`${base}${prefix}/models?type=chat`), chat)
    }
  }
})

test('one image model can be looked at on both listeners, by id and profile', async () => {
  for (const base of [gateway.daemon.url, gateway.daemon.imagesUrl]) {
    for (const id of [CORE, INPAINT, INPAINT.slice(3)]) {
      const response = await fetch(`${base}/v1/models/${id}`, {
        headers: { authorization: `Bearer ${IMAGE_KEY}` },
      })
      assert.equal(response.status, 200, id)
    }
  }
})
