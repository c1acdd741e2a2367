import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { cutText, shortenRefused } from '../../../src/translate/embedding-models/cut-text.js'

const REFUSAL =
  '400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 9875 '

suite('cutText', () => {
  test('cuts no character in half, and never more than one unit below the limit', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '語', '🙂', '🙂') })
    const end = fc.constantFrom('start' as const, 'end' as const, null)
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 12 }), end, (whole, max, truncate) => {
        const cut = cutText(whole, max, truncate)
        assert.equal(Buffer.from(cut).toString(), cut)
        assert.ok(cut.length <= max)
        assert.ok(cut.length >= Math.min(whole.length, max - 1))
        assert.ok(truncate === 'start' ? whole.endsWith(cut) : whole.startsWith(cut))
        assert.equal(cutText(whole, max, 'none'), whole)
      }),
    )
  })
})

suite('shortenRefused', () => {
  test('shortens by what the refusal says, with a margin', () => {
    const text = 'abcdefghij'.repeat(4_000)
    const shorter = shortenRefused(text, REFUSAL, null)
    assert.ok(shorter !== null)
    assert.equal(shorter.length, Math.floor((40_000 * 8192 * 0.9) / 9875))
    assert.ok(text.startsWith(shorter))
    assert.ok(text.endsWith(shortenRefused(text, REFUSAL, 'start') ?? 'none'))
  })

  test('leaves other refusals, and texts that must not be cut', () => {
    assert.equal(shortenRefused('abc', REFUSAL, 'none'), null)
    assert.equal(shortenRefused('abc', 'Malformed input request', null), null)
    assert.equal(shortenRefused('abc', REFUSAL.replace('9875', '10'), null), null)
    assert.equal(shortenRefused('a', REFUSAL.replace('8192', '1'), null), null)
  })
})
