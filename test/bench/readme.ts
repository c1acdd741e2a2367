import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type BenchResults, toReadmeTable, withNumbers } from './readme-table.js'

/** Puts the figures and the pictures of the last run where readers find them. Run in the project's folder. */
const results = JSON.parse(readFileSync('bench-results.json', 'utf8')) as BenchResults
writeFileSync('README.md', withNumbers(readFileSync('README.md', 'utf8'), toReadmeTable(results)))
mkdirSync('docs', { recursive: true })
copyFileSync('bench-results.svg', 'docs/growth.svg')
copyFileSync('bench-results-narrow.svg', 'docs/growth-narrow.svg')
