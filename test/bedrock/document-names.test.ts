import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createDocumentNames } from '../../src/bedrock/document-names.js'

/** DocumentBlock's rule (AWS API reference): no two spaces in a row. */
function assertValid(name: string): void {
  assert.match(name, /^[A-Za-z0-9()[\]-]+( [A-Za-z0-9()[\]-]+)*$/)
  assert.ok(name.length <= 200, `${name.length} characters`)
}

for (const [fileName, name] of [
  ['report.pdf', 'report'],
  ['Q3 report (final) [v2].docx', 'Q3 report (final) [v2]'],
  ['report.v2.final.pdf', 'report v2 final'],
  ['C:\\Users\\me\\notes.txt', 'notes'],
  ['/tmp/a_b__c.md', 'a b c'],
  ['Übersicht – März.pdf', 'Ubersicht Marz'],
  ['会議.pdf', 'document'],
  ['.env', 'document'],
  ['   ', 'document'],
  [null, 'document'],
] as const) {
  test(`${fileName} is called "${name}"`, () => {
    assert.equal(createDocumentNames().next(fileName), name)
  })
}

test('no name is given twice, whatever its case', () => {
  const names = createDocumentNames()
  assert.equal(names.next('report.pdf'), 'report')
  assert.equal(names.next('Report.docx'), 'Report (2)')
  assert.equal(names.next('report (2).txt'), 'report (2) (2)')
  assert.equal(names.next('report.pdf'), 'report (3)')
})

test('every file name gives a valid name that no other has', () => {
  const fileName = fc.option(
    fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 150, maxLength: 400 })),
  )
  fc.assert(
    fc.property(fc.array(fileName, { maxLength: 12 }), (fileNames) => {
      const names = createDocumentNames()
      const given = [...fileNames, ...fileNames].map((name) => names.next(name))
      given.forEach(assertValid)
      assert.equal(new Set(given.map((name) => name.toLowerCase())).size, given.length)
    }),
  )
})
