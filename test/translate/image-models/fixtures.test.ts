import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { GatewayError } from '../../../src/errors.js'
import type { Fields } from '../../../src/openai/fields.js'
import { parseImageRequest } from '../../../src/openai/parse-image-request.js'
import { IMAGE_ADAPTERS } from '../../../src/translate/image-models/image-adapter-of.js'
import { toImageCalls } from '../../../src/translate/image-models/to-image-calls.js'
import type { EditInputs } from '../../../src/translate/image-models/types.js'
import { imagePolicy, imageTarget } from './image-target.js'

/**
 * One folder, one case: `request.json` (its `model` is the foundation model's id) and, for an edit, `edit.json` become the
 * bodies of `calls.json`, or the refusal of `error.json`. `about.json` says what the case shows.
 */
const casesDir = 'test/fixtures/images'

interface About {
  readonly says: string
  readonly dropParams?: boolean
}

const names = readdirSync(casesDir).sort()
const json = (name: string, file: string): unknown =>
  JSON.parse(readFileSync(join(casesDir, name, file), 'utf8'))
const has = (name: string, file: string): boolean => existsSync(join(casesDir, name, file))

test('the fixtures are all there: each folder is of one kind, and every family has some', () => {
  assert.ok(names.length >= 60, `${names.length} cases`)
  for (const name of names) {
    assert.equal(['calls.json', 'error.json'].filter((file) => has(name, file)).length, 1, name)
  }
  const models = names
    .filter((name) => has(name, 'calls.json'))
    .map((name) => String((json(name, 'request.json') as Fields)['model']))
  for (const [idPrefix] of IMAGE_ADAPTERS) {
    assert.ok(
      models.some((model) => model.startsWith(idPrefix)),
      idPrefix,
    )
  }
})

for (const name of names) {
  const about = json(name, 'about.json') as About
  test(`${name}: ${about.says}`, () => {
    if (has(name, 'error.json')) checkRefusal(name, about)
    else assert.deepEqual(JSON.parse(JSON.stringify(translate(name, about))), json(name, 'calls.json'))
  })
}

function translate(name: string, { dropParams = true }: About): unknown {
  const request = parseImageRequest(json(name, 'request.json') as Fields, { imagesMax: 10 })
  const edit = has(name, 'edit.json') ? (json(name, 'edit.json') as EditInputs) : null
  const target = imageTarget(request.model)
  const policy = imagePolicy({ dropParams })
  const { calls, dropped } = toImageCalls(request, { target, edit, policy, random: () => 0.5 })
  return { calls, dropped }
}

function checkRefusal(name: string, about: About): void {
  assert.throws(
    () => translate(name, about),
    (error) => {
      assert(error instanceof GatewayError)
      const { code, param, message } = error
      assert.deepEqual({ code, param, message }, json(name, 'error.json'))
      return true
    },
  )
}
