import type { Fields } from '../../openai/fields.js'

/** The members that say something: null stands for one that is left to the model. */
export function toBody(members: Fields): Fields {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== null && value !== undefined),
  )
}
