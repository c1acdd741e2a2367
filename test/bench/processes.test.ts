import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { residentBytesOf, startCpuClock, stopProcess, treeOf } from './processes.js'

/** A shell and the process it started, which says when it runs. */
async function startPair(script: string) {
  const shell = spawn('sh', ['-c', `"$0" -e "$1"; true`, process.execPath, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(shell.stdout, 'data')
  const { pid = 0 } = shell
  const [, child = 0, ...others] = treeOf(pid)
  assert.deepEqual(others, [])
  return { shell, pid, child }
}

/** An orphan is gone when its new parent has asked how it ended: soon after it did. */
async function waitUntilGone(pid: number): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.fail(`process ${pid} is still there`)
}

const BUSY_MS = 300

test('the CPU time and memory of a process are its children’s, too', async () => {
  const busy = `
    console.log(1)
    setTimeout(() => {
      const start = process.cpuUsage()
      const spentMs = () => Object.values(process.cpuUsage(start)).reduce((sum, us) => sum + us, 0) / 1000
      while (spentMs() < ${BUSY_MS});
      console.log(2)
    }, 500)
    setInterval(() => {}, 1000)`
  const { shell, pid, child } = await startPair(busy)
  try {
    const clocks = [pid, child].map(startCpuClock)
    await once(shell.stdout, 'data')
    for (const readMs of clocks) assert.ok(readMs() >= BUSY_MS)
    assert.ok(residentBytesOf(pid) > residentBytesOf(child))
  } finally {
    await stopProcess(shell)
  }
})

test('a process is ended with its children, which a signal to the shell alone would leave behind', async () => {
  const { shell, child } = await startPair(`console.log(1); setInterval(() => {}, 1000)`)
  await stopProcess(shell)
  await waitUntilGone(child)
  // Once more is nothing.
  await stopProcess(shell)
})

test('a child that ignores SIGTERM is killed', async () => {
  const stubborn = `process.on('SIGTERM', () => {}); console.log(1); setInterval(() => {}, 1000)`
  const { shell, child } = await startPair(stubborn)
  await stopProcess(shell)
  await waitUntilGone(child)
})

test('nothing is measured of a process that is gone', () => {
  assert.equal(startCpuClock(2 ** 22 + 1)(), 0)
  assert.equal(residentBytesOf(2 ** 22 + 1), 0)
})
