import { readFileSync } from 'node:fs'

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const ROWS = 40

/** Functions by the time spent in themselves, most first; idle time is left out. */
function listCosts(profile: CpuProfile): readonly { readonly name: string; readonly share: number }[] {
  const names = new Map(
    profile.nodes.map(({ id, callFrame }) => {
      const file = callFrame.url.split('/').slice(-2).join('/')
      return [id, `${callFrame.functionName || '(anonymous)'} ${file}:${callFrame.lineNumber + 1}`]
    }),
  )
  const timeUs = new Map<string, number>()
  profile.samples.forEach((id, index) => {
    const name = names.get(id) ?? '?'
    if (!name.startsWith('(idle)'))
      timeUs.set(name, (timeUs.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0))
  })
  const totalUs = [...timeUs.values()].reduce((sum, value) => sum + value, 0)
  return [...timeUs]
    .map(([name, value]) => ({ name, share: value / totalUs }))
    .sort((a, b) => b.share - a.share)
}

/** `node dist/test/bench/profile.js FILE.cpuprofile`: the dearest functions of a profile that `--cpu-prof` wrote. */
const file = process.argv[2]
if (file === undefined) {
  console.error('usage: node dist/test/bench/profile.js FILE.cpuprofile')
  process.exitCode = 2
} else {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile
  for (const { name, share } of listCosts(profile).slice(0, ROWS)) {
    console.log(`${(share * 100).toFixed(1).padStart(5)} %  ${name}`)
  }
}
