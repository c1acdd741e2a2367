import assert from 'node:assert/strict'
import { type Config, type ConfigResult, type FileRead, loadConfig } from '../../src/config.js'

export const yamlPath = '/etc/bedrockd/bedrockd.yaml'

export interface Sources {
  readonly environment?: Readonly<Record<string, string>>
  /** Files by path. */
  readonly files?: Readonly<Record<string, string | FileRead>>
  readonly configFiles?: readonly string[]
}

/** Loads with HOME set and no file but the given ones. */
export function load({ environment = {}, files = {}, configFiles = [] }: Sources): ConfigResult {
  return loadConfig({
    environment: { HOME: '/home/ada', ...environment },
    configFiles,
    readFile: (path) => {
      const file = files[path]
      if (file === undefined) return { type: 'absent' }
      return typeof file === 'string' ? { type: 'text', text: file } : file
    },
  })
}

export function loadOk(sources: Sources): { readonly config: Config; readonly warnings: readonly string[] } {
  const result = load(sources)
  assert.equal(result.type, 'ok', result.type === 'bad' ? result.problems.join('\n') : '')
  return result
}

export function loadBad(sources: Sources): readonly string[] {
  const result = load(sources)
  assert.equal(result.type, 'bad')
  return result.problems
}

/** Loads one YAML file from the default place. */
export function yaml(text: string): Sources {
  return { files: { [yamlPath]: text } }
}
