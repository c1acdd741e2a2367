import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { createImageLinks } from '../../src/images/links.js'
import { startDaemon } from './daemon.js'

test('the daemon serves what was saved into its folder, on both listeners, also after a restart', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'bedrockd-links-'))
  const log = pino({ level: 'silent' })
  const dir = join(stateDir, 'images')
  const links = createImageLinks({ dir, keepMs: 60_000, bytesMax: 10_000_000, log, now: Date.now })
  const picture = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => index % 249))
  const [name] = await links.save([{ format: 'webp', bytes: picture }])
  for (let start = 0; start < 2; start += 1) {
    const daemon = await startDaemon({ stateDir, environment: { BEDROCKD_API_KEYS: 'key' } })
    for (const base of [`${daemon.url}/v1`, `${daemon.imagesUrl}/api/v1`]) {
      const reply = await fetch(`${base}/images/files/${name}`)
      assert.equal(reply.headers.get('content-type'), 'image/webp')
      assert.ok(picture.equals(Buffer.from(await reply.arrayBuffer())))
    }
    assert.equal((await fetch(`${daemon.url}/v1/images/files/${'0'.repeat(32)}.webp`)).status, 404)
    assert.equal(await daemon.stop(), 0)
    assert.ok(!daemon.output().includes(name ?? '?'), 'the name is the secret: it is in no log')
  }
  links.close()
  rmSync(stateDir, { recursive: true })
})
