import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitSearchWords } from '../../../src/translate/image-models/search-words.js'

test('a prompt with an arrow, or a sentence of the known form, says both', () => {
  const cases = {
    'cat => dog': ['cat', 'dog'],
    'die Katze -> ein Hund': ['die Katze', 'ein Hund'],
    '猫 → 犬': ['猫', '犬'],
    'Replace the cat with a dog': ['the cat', 'a dog'],
    'please replace the cat by a dog with a hat': ['the cat by a dog', 'a hat'],
    'REPLACE\nthe cat WITH a dog': ['the cat', 'a dog'],
  }
  for (const [prompt, [search, there]] of Object.entries(cases)) {
    assert.deepEqual(splitSearchWords(prompt), { search, prompt: there }, prompt)
  }
})

test('every other prompt says one thing', () => {
  for (const prompt of [
    'a dog',
    '=> dog',
    'cat =>',
    'a dog with a hat',
    'irreplace x with y',
    'replace',
    '',
  ]) {
    assert.equal(splitSearchWords(prompt), null, prompt)
  }
})

test('a prompt as long as allowed is split at once', () => {
  assert.equal(splitSearchWords(`replace ${' '.repeat(9990)}`), null)
  assert.equal(splitSearchWords(`replace ${'a '.repeat(4990)}`), null)
})
