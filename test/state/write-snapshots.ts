/**
 * Stores snapshots for ever, to be killed at any moment. Round n stores, region after region, parts in which every
 * row carries n and whose number of rows depends on n: a torn or mixed part shows.
 */
import { openDatabase } from '../../src/state/database.js'
import { encodePart, storePart } from '../../src/state/snapshot-store.js'
import { numberedPart, WRITER_REGIONS } from './numbered-part.js'

const [, , stateDir = '', firstRound = '1'] = process.argv
for (let round = Number(firstRound); ; round += 1) {
  for (const region of WRITER_REGIONS) {
    const database = openDatabase(stateDir)
    storePart(database, encodePart(numberedPart(region, round)))
    database.close()
  }
  if (round === Number(firstRound)) process.stdout.write('writing\n')
}
