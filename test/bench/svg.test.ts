import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { type Chart, escapeXml, formatTick, toSvg } from './svg.js'

const chart: Chart = {
  title: 'CPU per event <by> "streams" & more',
  xLabel: 'open streams',
  yLabel: 'µs',
  lines: [
    {
      name: 'nginx',
      points: [
        { x: 1, y: 10 },
        { x: 100, y: 20 },
      ],
    },
    {
      name: 'bedrockd',
      points: [
        { x: 1, y: 0 },
        { x: 10, y: Number.NaN },
        { x: 100, y: 50 },
      ],
    },
  ],
}
const picture = (charts: readonly Chart[]): string =>
  toSvg({ title: 'Growth', subtitle: 'a machine, 2026-01-01', charts, columns: 2 })

test('the picture is valid XML that draws', async () => {
  // librsvg refuses what is not well-formed.
  const { format, width, height } = await sharp(Buffer.from(picture([chart, chart, chart]))).metadata()
  assert.equal(format, 'svg')
  assert.ok((width ?? 0) > 0 && (height ?? 0) > 0)
  await assert.rejects(sharp(Buffer.from(picture([chart]).replace('</svg>', ''))).metadata())
})

test('title, machine, axes and every line have their words', () => {
  const svg = picture([chart])
  for (const words of ['Growth', 'a machine, 2026-01-01', 'open streams', 'µs', 'nginx', 'bedrockd'])
    assert.ok(svg.includes(`>${words}</text>`), words)
  assert.ok(svg.includes('CPU per event &lt;by&gt; &quot;streams&quot; &amp; more'))
})

test('points stand where the axes say, and those without a place are left out', () => {
  const svg = picture([chart])
  // x from 1 to 100, y from 10 to 50.
  assert.ok(svg.includes('d="M56 228L404 147'), svg)
  assert.equal(svg.match(/<circle/g)?.length, 3)
})

test('a line looks the same in every chart, and another line does not', () => {
  const other: Chart = { ...chart, lines: chart.lines.slice(1) }
  const svg = picture([chart, other])
  assert.equal(svg.match(/class="point1"/g)?.length, 2)
  assert.equal(svg.match(/class="point0"/g)?.length, 2)
})

test('a chart without points says so', () => {
  assert.ok(picture([{ ...chart, lines: [] }]).includes('not measured'))
})

test('the picture has colours for dark and for light', () => {
  assert.match(picture([chart]), /prefers-color-scheme: dark/)
})

test('text is escaped, and what XML can’t hold is replaced', () => {
  assert.equal(escapeXml(`<a b='c'>&"`), '&lt;a b=&apos;c&apos;&gt;&amp;&quot;')
  assert.equal(escapeXml('a\u0000b\u{1f600}\ud800'), 'a?b\u{1f600}?')
})

test('large values are short', () => {
  assert.deepEqual([0.05, 1, 200, 5_000, 25_000_000].map(formatTick), ['0.05', '1', '200', '5k', '25M'])
})

test('in one column charts stand below each other, and small print breaks its lines', async () => {
  const subtitle =
    'a processor of many words and of a long name, 2 cores, Linux 6.18, Node v20.20.2, 2026-01-01'
  const options = { title: 'Growth', subtitle, charts: [chart, chart] }
  const of = (columns: number) => sharp(Buffer.from(toSvg({ ...options, columns }))).metadata()
  const [wide, narrow] = [await of(2), await of(1)]
  assert.equal(narrow.width, (wide.width ?? 0) / 2)
  assert.ok((narrow.height ?? 0) > 1.5 * (wide.height ?? 0))
  const words = [...toSvg({ ...options, columns: 1 }).matchAll(/class="small">([^<]*)</g)].map(
    ([, text]) => text,
  )
  assert.equal(words.slice(0, 2).join(' '), subtitle)
})
