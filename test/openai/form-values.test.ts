import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asBoolean, asNumber, isBlank } from '../../src/openai/form-values.js'

test('asNumber: text of a number is that number, everything else stays', () => {
  for (const [text, number] of [
    ['2', 2],
    [' 0.5 ', 0.5],
    ['-1', -1],
  ] as const) {
    assert.equal(asNumber(text), number)
  }
  for (const other of ['', ' ', '1e3', '0x10', 'Infinity', 'NaN', '1,5', 'two', null, true, 3]) {
    assert.equal(asNumber(other), other)
  }
})

test('asBoolean: true, false, 1 and 0 as text are what they say, everything else stays', () => {
  for (const [text, truth] of [
    ['true', true],
    ['True', true],
    ['1', true],
    ['false', false],
    [' 0 ', false],
  ] as const) {
    assert.equal(asBoolean(text), truth)
  }
  for (const other of ['', 'yes', 1, 0, null, true]) assert.equal(asBoolean(other), other)
})

test('isBlank: nothing, null and an empty field', () => {
  assert.deepEqual([undefined, null, '', ' ', 0, false].map(isBlank), [true, true, true, false, false, false])
})
