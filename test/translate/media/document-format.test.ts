import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeFileText, documentFormatOf } from '../../../src/translate/media/document-format.js'

const zip = (part: string): Buffer => Buffer.from(`PK\x03\x04\x14\0\0\0\0\0${part}\0\0`, 'latin1')
const ole = (stream: string): Buffer =>
  Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(512), Buffer.from(stream, 'utf16le')])
const text = (content: string): Buffer => Buffer.from(content)

for (const [says, bytes, fileName, mediaType, format] of [
  ['a PDF that is called text', text('%PDF-1.7'), 'a.txt', 'text/plain', 'pdf'],
  ['a Word file without a name', zip('word/document.xml'), null, null, 'docx'],
  ['an Excel file that is called docx', zip('xl/workbook.xml'), 'a.docx', null, 'xlsx'],
  ['a presentation', zip('ppt/slides'), 'a.pptx', null, null],
  ['a zip whose name says docx', zip('stuff'), 'a.docx', null, 'docx'],
  ['a zip', zip('stuff'), 'a.zip', 'application/zip', null],
  ['an old Word file by name', ole(''), 'a.doc', null, 'doc'],
  ['an old Word file by content', ole('WordDocument'), null, null, 'doc'],
  ['an old Excel file by label', ole(''), null, 'application/vnd.ms-excel', 'xls'],
  ['an old Excel file by content', ole('Workbook'), 'a.bin', null, 'xls'],
  ['an old file of another kind', ole('PowerPoint Document'), 'a.ppt', null, null],
  ['csv by name', text('a,b'), 'a.CSV', 'application/vnd.ms-excel', 'csv'],
  ['csv by label', text('a,b'), null, 'text/csv', 'csv'],
  ['markdown', text('# Hi'), 'README.md', null, 'md'],
  ['HTML by name', text('<p>'), 'a.htm', null, 'html'],
  ['HTML by content', text('\n<!DOCTYPE html><p>'), null, null, 'html'],
  ['HTML that calls itself xls', text('<html><table>'), 'export.xls', null, 'html'],
  ['source code', text('print(1)'), 'a.py', 'text/x-python', 'txt'],
  ['JSON', text('{}'), null, 'application/json', 'txt'],
  ['SVG', text('<svg/>'), 'a.svg', 'image/svg+xml', 'txt'],
  ['text in UTF-16', Buffer.from('\ufeffa,b', 'utf16le'), 'a.csv', null, 'csv'],
  ['other bytes', Buffer.from([1, 2, 0, 3]), 'a.txt', 'text/plain', null],
] as const) {
  test(`${says} is ${format ?? 'no document'}`, () => {
    assert.equal(documentFormatOf({ bytes, fileName, mediaType }), format)
  })
}

test('the text of a file is read in the encoding it is in', () => {
  assert.equal(decodeFileText(Buffer.from('Grüße')), 'Grüße')
  assert.equal(decodeFileText(Buffer.from('\ufeffGrüße')), 'Grüße')
  assert.equal(decodeFileText(Buffer.from('\ufeffGrüße', 'utf16le')), 'Grüße')
  assert.equal(decodeFileText(Buffer.from('Gr\xfc\xdfe \x80', 'latin1')), 'Grüße €')
})
