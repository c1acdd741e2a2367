import type { RegionPart } from '../../src/catalog/types.js'
import { modelOf, partOf, systemProfileOf } from '../catalog/recorded-catalog.js'

/** Regions that the writer process stores. */
export const WRITER_REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1'] as const

/** A part that tells its round in each row: `round % 40 + 20` models and as many profiles. */
export function numberedPart(region: string, round: number): RegionPart {
  const indexes = Array.from({ length: (round % 40) + 20 }, (_, index) => index)
  const models = indexes.map((index) => modelOf(`acme.model-${index}`, { modelName: `round ${round}` }))
  const profiles = indexes.map((index) => systemProfileOf('us', `acme.model-${index}`, [region]))
  return { ...partOf(region, models, profiles), fetchedAtMs: round }
}
