/** The configuration: what it holds, how it is loaded and how it is shown. */
export { formatAddress } from './config/address.js'
export { formatConfig } from './config/format.js'
export { type ConfigResult, type ConfigSources, loadConfig } from './config/load.js'
export { type FileRead, readTextFile } from './config/read-text-file.js'
export type { Address, Config, LogLevel, ModelAlias } from './config/types.js'
