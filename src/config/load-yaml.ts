import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** The YAML library, loaded when there is YAML: 34 ms of the start and 7 MB, and most daemons have their settings in the environment. */
export const loadYaml = (): typeof import('yaml') => require('yaml')
