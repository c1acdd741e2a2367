import { type LogScale, toLogScale } from './log-scale.js'

export interface Chart {
  readonly title: string
  readonly xLabel: string
  /** What is counted: the unit. */
  readonly yLabel: string
  readonly lines: readonly Line[]
}

export interface Line {
  readonly name: string
  /** Points that have no place on logarithmic axes (0, less, none) are left out. */
  readonly points: readonly Point[]
}

interface Point {
  readonly x: number
  readonly y: number
}

const CHART = { width: 420, height: 290 }
const PLOT = { left: 56, right: 404, top: 40, bottom: 228 }
const HEAD_HEIGHT = 78
/** Of the small print below the title, on a line of one chart's width. */
const SUBTITLE_CHARACTERS_MAX = 66
const SUBTITLE_LINE_HEIGHT = 15

/** Light, and dark where the reader's system is: lines keep apart from both grounds, and from each other without colours, by dashes. */
const STYLE = `
    .ground { fill: #ffffff }
    text { fill: #1f2328; font: 12px system-ui, sans-serif }
    .title { font-size: 17px; font-weight: 600 }
    .chart { font-weight: 600 }
    .small { fill: #59636e; font-size: 11px }
    .grid { stroke: #d1d9e0; stroke-width: 1 }
    .line { fill: none; stroke-width: 2 }
    .line0 { stroke: #1a7f37; stroke-dasharray: 6 4 }
    .line1 { stroke: #0969da }
    .line2 { stroke: #9a6700; stroke-dasharray: 2 3 }
    .line3 { stroke: #8250df; stroke-dasharray: 10 3 }
    .point0 { fill: #1a7f37 } .point1 { fill: #0969da } .point2 { fill: #9a6700 } .point3 { fill: #8250df }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117 }
      text { fill: #f0f6fc }
      .small { fill: #9198a1 }
      .grid { stroke: #3d444d }
      .line0 { stroke: #3fb950 } .line1 { stroke: #58a6ff } .line2 { stroke: #d29922 } .line3 { stroke: #bc8cff }
      .point0 { fill: #3fb950 } .point1 { fill: #58a6ff } .point2 { fill: #d29922 } .point3 { fill: #bc8cff }
    }`
const STYLES = 4

/**
 * Charts in so many columns as one SVG file, with a title, small print and one legend for all. One column is for phones, where
 * the words of two would be too small to read.
 */
export function toSvg({
  title,
  subtitle,
  charts,
  columns,
}: {
  readonly title: string
  readonly subtitle: string
  readonly charts: readonly Chart[]
  readonly columns: number
}): string {
  const width = columns * CHART.width
  const small = wrap(subtitle, columns * SUBTITLE_CHARACTERS_MAX)
  const headHeight = HEAD_HEIGHT + (small.length - 1) * SUBTITLE_LINE_HEIGHT
  const height = headHeight + Math.ceil(charts.length / columns) * CHART.height
  const names = [...new Set(charts.flatMap(({ lines }) => lines.map(({ name }) => name)))]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `  <title>${escapeXml(title)}</title>`,
    `  <style>${STYLE}\n  </style>`,
    `  <rect class="ground" width="${width}" height="${height}"/>`,
    `  ${toText(title, { x: 16, y: 26, className: 'title' })}`,
    ...small.map(
      (line, index) =>
        `  ${toText(line, { x: 16, y: 45 + index * SUBTITLE_LINE_HEIGHT, className: 'small' })}`,
    ),
    ...toLegend(names, headHeight - 16),
    ...charts.flatMap((chart, index) => {
      const x = (index % columns) * CHART.width
      const y = headHeight + Math.floor(index / columns) * CHART.height
      return [`  <g transform="translate(${x} ${y})">`, ...toPlot(chart, names), '  </g>']
    }),
    '</svg>',
    '',
  ].join('\n')
}

/** Lines of at most so many characters, where words allow. */
function wrap(text: string, charactersMax: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trimStart()
    if (lines.length === 0 || longer.length > charactersMax) lines.push(word)
    else lines[lines.length - 1] = longer
  }
  return lines
}

function toLegend(names: readonly string[], y: number): readonly string[] {
  let x = 16
  return names.flatMap((name, index) => {
    const start = x
    x += 60 + name.length * 7
    return [
      `  <path class="line line${index % STYLES}" d="M${start} ${y}h24"/>`,
      `  ${toText(name, { x: start + 30, y: y + 4 })}`,
    ]
  })
}

function toPlot(chart: Chart, names: readonly string[]): readonly string[] {
  const lines = chart.lines.map(({ name, points }) => ({ name, points: points.filter(hasPlace) }))
  const points = lines.flatMap((line) => line.points)
  const head = `    ${toText(chart.title, { x: 16, y: 20, className: 'chart' })}`
  if (points.length === 0) return [head, `    ${toText('not measured', { x: PLOT.left, y: 60 })}`]
  const x = toLogScale(
    points.map((point) => point.x),
    { from: PLOT.left, to: PLOT.right },
  )
  const y = toLogScale(
    points.map((point) => point.y),
    { from: PLOT.bottom, to: PLOT.top },
  )
  return [
    head,
    ...toGrid(x, y),
    `    ${toText(chart.xLabel, { x: (PLOT.left + PLOT.right) / 2, y: PLOT.bottom + 36, className: 'small', anchor: 'middle' })}`,
    `    ${toText(chart.yLabel, { x: PLOT.left - 6, y: PLOT.top - 8, className: 'small', anchor: 'end' })}`,
    ...lines.flatMap((line) => toLine(line, { x, y, style: names.indexOf(line.name) % STYLES })),
  ]
}

function hasPlace({ x, y }: Point): boolean {
  return Number.isFinite(x) && Number.isFinite(y) && x > 0 && y > 0
}

function toGrid(x: LogScale, y: LogScale): readonly string[] {
  return [
    ...x.ticks.flatMap((tick) => [
      `    <path class="grid" d="M${toPixels(x.at(tick))} ${PLOT.top}V${PLOT.bottom}"/>`,
      `    ${toText(formatTick(tick), { x: x.at(tick), y: PLOT.bottom + 17, className: 'small', anchor: 'middle' })}`,
    ]),
    ...y.ticks.flatMap((tick) => [
      `    <path class="grid" d="M${PLOT.left} ${toPixels(y.at(tick))}H${PLOT.right}"/>`,
      `    ${toText(formatTick(tick), { x: PLOT.left - 6, y: y.at(tick) + 4, className: 'small', anchor: 'end' })}`,
    ]),
  ]
}

function toLine(
  { name, points }: Line,
  { x, y, style }: { readonly x: LogScale; readonly y: LogScale; readonly style: number },
): readonly string[] {
  const places = points.map((point) => ({
    ...point,
    px: toPixels(x.at(point.x)),
    py: toPixels(y.at(point.y)),
  }))
  if (places.length === 0) return []
  const path = places.map(({ px, py }) => `${px} ${py}`).join('L')
  return [
    `    <path class="line line${style}" d="M${path}"/>`,
    ...places.map(({ px, py, ...point }) => {
      const label = `${name}: ${formatTick(point.x)}, ${point.y.toPrecision(3)}`
      return `    <circle class="point${style}" cx="${px}" cy="${py}" r="3"><title>${escapeXml(label)}</title></circle>`
    }),
  ]
}

/** 25000000 → 25M. */
export function formatTick(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`
  if (value >= 1e3) return `${value / 1e3}k`
  return String(value)
}

function toText(
  text: string,
  place: {
    readonly x: number
    readonly y: number
    readonly className?: string
    readonly anchor?: 'middle' | 'end'
  },
): string {
  const className = place.className === undefined ? '' : ` class="${place.className}"`
  const anchor = place.anchor === undefined ? '' : ` text-anchor="${place.anchor}"`
  return `<text x="${toPixels(place.x)}" y="${toPixels(place.y)}"${className}${anchor}>${escapeXml(text)}</text>`
}

function toPixels(value: number): string {
  return String(Math.round(value * 10) / 10)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Text for content and attributes; characters that XML 1.0 does not allow at all become a question mark. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '?')
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
}
