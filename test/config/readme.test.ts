import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { settingsTable } from './settings-table.js'

const readme = readFileSync('README.md', 'utf8')

test('the settings table of the README is the one in the code', () => {
  const shown = /<!-- settings -->\n([\s\S]*?)\n<!-- \/settings -->/.exec(readme)?.[1]
  assert.equal(shown, settingsTable())
})

test('the README has an entry for every link of its own', () => {
  const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-'),
  )
  for (const [, anchor = ''] of readme.matchAll(/\]\(#([^)]*)\)/g))
    assert.ok(headings.includes(anchor), anchor)
})
