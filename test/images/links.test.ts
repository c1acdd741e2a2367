import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { pino } from 'pino'
import { GatewayError } from '../../src/errors.js'
import { createImageLinks, type ImageLinks, type ImageLinksOptions } from '../../src/images/links.js'

const KEEP_MS = 3_600_000
const log = pino({ level: 'silent' })

let stateDir = ''
let dir = ''
let nowMs = 0
const opened: ImageLinks[] = []
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'bedrockd-links-'))
  dir = join(stateDir, 'images')
  nowMs = Date.now()
})
afterEach(() => {
  for (const links of opened.splice(0)) links.close()
  rmSync(stateDir, { recursive: true, force: true })
})

function createLinks(options: Partial<ImageLinksOptions> = {}): ImageLinks {
  const links = createImageLinks({
    dir,
    keepMs: KEEP_MS,
    bytesMax: 1_000_000,
    log,
    now: () => nowMs,
    ...options,
  })
  opened.push(links)
  return links
}

const png = (bytes: Uint8Array | number) => ({
  format: 'png' as const,
  bytes: typeof bytes === 'number' ? Buffer.alloc(bytes, 7) : bytes,
})

async function saveOne(links: ImageLinks, bytes: Uint8Array | number): Promise<string> {
  const [name] = await links.save([png(bytes)])
  assert.ok(name !== undefined)
  return name
}

/** As if it had been saved so long ago. */
function makeOlder(name: string, ms: number): void {
  const seconds = (nowMs - ms) / 1000
  utimesSync(join(dir, name), seconds, seconds)
}

async function isThere(links: ImageLinks, name: string): Promise<boolean> {
  const image = await links.open(name)
  image?.source.close()
  return image !== null
}

async function read(links: ImageLinks, name: string): Promise<Buffer | null> {
  const image = await links.open(name)
  if (image === null) return null
  const pieces: Buffer[] = []
  for (let bytes = 0; bytes < image.source.bytesTotal; ) {
    const piece = Buffer.from(await image.source.next())
    pieces.push(piece)
    bytes += piece.length
  }
  image.source.close()
  return Buffer.concat(pieces)
}

test('pictures come back as they were saved, with the content type of their format', async () => {
  const links = createLinks({ bytesMax: 10_000_000 })
  const large = Buffer.from(Array.from({ length: 700_001 }, (_, index) => index % 251))
  const names = await links.save([
    { format: 'png', bytes: large },
    { format: 'jpeg', bytes: Buffer.from('jpeg') },
    { format: 'webp', bytes: new Uint8Array() },
  ])
  for (const name of names) assert.match(name, /^[0-9a-f]{32}\.(png|jpeg|webp)$/)
  assert.equal(new Set(names).size, 3)
  assert.ok((await read(links, names[0] ?? ''))?.equals(large))
  assert.equal((await read(links, names[1] ?? ''))?.toString(), 'jpeg')
  assert.equal((await read(links, names[2] ?? ''))?.length, 0)
  const types = []
  for (const name of names) {
    const image = await links.open(name)
    types.push(image?.contentType)
    image?.source.close()
  }
  assert.deepEqual(types, ['image/png', 'image/jpeg', 'image/webp'])
})

test('only the owner may look into the folder and the files', async () => {
  const name = await saveOne(createLinks(), 10)
  assert.equal(statSync(dir).mode & 0o777, 0o700)
  assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600)
})

test('a restart changes nothing', async () => {
  const before = createLinks()
  const name = await saveOne(before, 10)
  before.close()
  assert.equal((await read(createLinks(), name))?.length, 10)
})

test('a link works for its time and not a moment longer, swept or not', async () => {
  const links = createLinks()
  const name = await saveOne(links, 10)
  const savedAtMs = statSync(join(dir, name)).mtimeMs
  nowMs = savedAtMs + KEEP_MS - 1
  await links.sweep()
  const image = await links.open(name)
  assert.ok(image !== null && image.keepMs <= 1)
  image.source.close()
  nowMs = savedAtMs + KEEP_MS
  assert.equal(await isThere(links, name), false)
  assert.ok(existsSync(join(dir, name)))
  await links.sweep()
  assert.deepEqual(readdirSync(dir), [])
})

test('the timer sweeps by itself', async () => {
  const links = createLinks({ keepMs: 20 })
  const name = await saveOne(links, 10)
  nowMs += 10_000
  while (existsSync(join(dir, name))) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('the oldest go first where there is too much', async () => {
  const links = createLinks({ bytesMax: 1_000 })
  const names: string[] = []
  for (const ageMs of [3_000, 4_000, 2_000]) {
    const name = await saveOne(links, 300)
    makeOlder(name, ageMs)
    names.push(name)
  }
  const newest = await saveOne(links, 300)
  const there = await Promise.all([...names, newest].map((name) => isThere(links, name)))
  assert.deepEqual(there, [true, false, true, true])
})

test('the folder never holds more than it may, however many save at once', async () => {
  const links = createLinks({ bytesMax: 1_000 })
  await Promise.all(Array.from({ length: 40 }, () => links.save([png(90), png(90)])))
  await links.sweep()
  const bytes = readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
  assert.ok(bytes <= 1_000 && bytes > 0, `${bytes} bytes`)
})

test('what was there before counts', async () => {
  const first = createLinks({ bytesMax: 1_000 })
  const old = await saveOne(first, 900)
  makeOlder(old, 5_000)
  const second = createLinks({ bytesMax: 1_000 })
  const name = await saveOne(second, 300)
  assert.deepEqual(readdirSync(dir), [name])
})

for (const [bytesMax, bytes] of [
  [1_000, 1_001],
  [0, 0],
  [0, 5],
] as const) {
  test(`${bytes} bytes do not become a link where ${bytesMax} are allowed`, async () => {
    const links = createLinks({ bytesMax })
    await assert.rejects(links.save([png(bytes)]), { code: 'unsupported', param: 'response_format' })
    assert.equal(existsSync(dir), false)
  })
}

test('two stores share a folder: each serves, sweeps and survives what the other removed', async () => {
  const [left, right] = [createLinks(), createLinks()]
  const name = await saveOne(left, 10)
  assert.equal((await read(right, name))?.length, 10)
  const other = await saveOne(right, 20)
  nowMs += KEEP_MS + 60_000
  await Promise.all([left.sweep(), right.sweep(), left.sweep(), right.sweep()])
  assert.deepEqual(readdirSync(dir), [])
  assert.equal(await isThere(left, other), false)
  nowMs = Date.now()
  assert.equal((await read(right, await saveOne(left, 30)))?.length, 30)
})

test('a picture that is removed while it is read is read to its end', async () => {
  const links = createLinks()
  const name = await saveOne(links, 600_000)
  const image = await links.open(name)
  assert.ok(image !== null)
  await image.source.next()
  nowMs += KEEP_MS + 60_000
  await links.sweep()
  assert.deepEqual(readdirSync(dir), [])
  assert.ok((await image.source.next()).length > 0)
  image.source.close()
})

test('a picture that became shorter is no whole picture', async () => {
  const links = createLinks()
  const name = await saveOne(links, 600_000)
  const image = await links.open(name)
  writeFileSync(join(dir, name), 'short')
  await assert.rejects(async () => image?.source.next())
  image?.source.close()
})

const SECRET_NAME = `${'a'.repeat(32)}.png`

for (const name of [
  '',
  '.',
  '..',
  '../bedrockd.sqlite',
  `../images/${SECRET_NAME}`,
  `./${SECRET_NAME}`,
  `/${SECRET_NAME}`,
  `${SECRET_NAME}/`,
  `${SECRET_NAME}\0`,
  `${SECRET_NAME}\n`,
  `${SECRET_NAME}.part`,
  `x${SECRET_NAME}`,
  SECRET_NAME.toUpperCase(),
  `${'a'.repeat(32)}.svg`,
  `${'a'.repeat(32)}`,
  `${'a'.repeat(31)}.png`,
  '__proto__',
]) {
  test(`${JSON.stringify(name)} names nothing`, async () => {
    const links = createLinks()
    await saveOne(links, 10)
    writeFileSync(join(dir, SECRET_NAME), 'there')
    writeFileSync(join(dir, `${SECRET_NAME}.part`), 'half')
    writeFileSync(join(stateDir, 'bedrockd.sqlite'), 'private')
    assert.equal(await isThere(links, SECRET_NAME), true)
    assert.equal(await links.open(name), null)
  })
}

test('what is no ordinary file is nothing', async () => {
  const links = createLinks()
  await saveOne(links, 10)
  writeFileSync(join(stateDir, 'private'), 'private')
  symlinkSync(join(stateDir, 'private'), join(dir, SECRET_NAME))
  const folder = `${'b'.repeat(32)}.png`
  mkdirSync(join(dir, folder))
  assert.equal(await links.open(SECRET_NAME), null)
  assert.equal(await links.open(folder), null)
})

test("half-written files of a killed process go after a while, and others' files stay", async () => {
  const links = createLinks()
  const name = await saveOne(links, 10)
  writeFileSync(join(dir, `${SECRET_NAME}.part`), 'half')
  writeFileSync(join(dir, 'notes.txt'), 'not ours')
  makeOlder('notes.txt', 100 * KEEP_MS)
  await links.sweep()
  assert.ok(existsSync(join(dir, `${SECRET_NAME}.part`)), 'somebody may still write it')
  makeOlder(`${SECRET_NAME}.part`, 30 * 60_000)
  await links.sweep()
  assert.deepEqual(readdirSync(dir).sort(), [name, 'notes.txt'].sort())
})

test('a folder that goes away is made again', async () => {
  const links = createLinks()
  const name = await saveOne(links, 10)
  rmSync(dir, { recursive: true })
  assert.equal(await links.open(name), null)
  await links.sweep()
  assert.equal((await read(links, await saveOne(links, 10)))?.length, 10)
})

test('a folder that is none is an error that says so, without its path', async () => {
  writeFileSync(dir, 'in the way')
  await assert.rejects(createLinks().save([png(10)]), (error) => {
    assert.ok(error instanceof GatewayError)
    assert.equal(error.status, 500)
    assert.match(error.message, /can't write its pictures \(E[A-Z]+\)/)
    assert.ok(!error.message.includes(stateDir))
    return true
  })
})

test('a disk that is full in the middle is a 503 that says so, and nothing of the pictures stays', async () => {
  const links = createLinks()
  const name = await saveOne(links, 10)
  const store = new URL('../../src/images/links.js', import.meta.url).href
  const options = JSON.stringify({ dir, keepMs: KEEP_MS, bytesMax: 10_000_000 })
  const script = `const { createImageLinks } = await import(${JSON.stringify(store)})
    const links = createImageLinks({ ...${options}, log: { error: () => {} }, now: Date.now })
    const image = (bytes) => ({ format: 'png', bytes: Buffer.alloc(bytes) })
    const { status, code, message } = await links.save([image(10), image(200_000)]).catch((error) => error)
    console.log(JSON.stringify({ status, code, message }))`
  // No file may grow beyond a few kilobytes: what a full disk is, for this process alone.
  const limited = `trap '' XFSZ; ulimit -f 8; exec "$0" --input-type=module -e "$1"`
  const output = execFileSync('sh', ['-c', limited, process.execPath, script], { encoding: 'utf8' })
  const { status, code, message } = JSON.parse(output) as Record<string, unknown>
  assert.deepEqual([status, code], [503, 'overloaded'])
  assert.match(String(message), /disk of the gateway is full/)
  assert.deepEqual(readdirSync(dir), [name])
})
