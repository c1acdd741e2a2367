import type { Guardrail } from '../openai/types.js'
import { formatAddress } from './address.js'
import { loadYaml } from './load-yaml.js'
import { type SettingName, settingNames, settingRows } from './settings.js'
import type { Config, ModelAlias } from './types.js'

/** The effective configuration as YAML that can be loaded again, but for the secrets, which are counted only. */
export function formatConfig(config: Config): string {
  const shown: Record<string, unknown> = {}
  for (const name of settingNames) {
    const { yamlKey } = settingRows[name]
    const value = showSetting(name, config)
    if (yamlKey !== null && value !== undefined) shown[yamlKey] = value
  }
  shown['aliases'] = Object.fromEntries(config.aliases.map((alias) => [alias.name, showAlias(alias)]))
  return `${loadYaml().stringify(shown, { lineWidth: 0 })}${comments(config)}`
}

function showAlias({ model, regions, defaults }: ModelAlias): object {
  const { parameters, systemPrompt, guardrail, dropParams } = defaults
  return {
    model,
    ...(regions.length > 0 ? { regions } : {}),
    ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
    ...(systemPrompt === null ? {} : { system_prompt: systemPrompt }),
    ...(guardrail === null ? {} : { guardrail: showGuardrail(guardrail) }),
    ...(dropParams === undefined ? {} : { drop_params: dropParams }),
  }
}

function showGuardrail({ identifier, version, trace, streamMode }: Guardrail): object {
  return {
    id: identifier,
    version,
    ...(trace === null ? {} : { trace }),
    ...(streamMode === null ? {} : { stream_mode: streamMode }),
  }
}

function comments(config: Config): string {
  const token = config.bearerToken === null ? 'not set' : 'set, hidden'
  return [
    `# AWS_BEARER_TOKEN_BEDROCK: ${token}`,
    `# routes below: ${config.routePrefixes.join(', ')}`,
    `# streams_max and connections_max fit into ${config.descriptorLimit} file descriptors`,
    '',
  ].join('\n')
}

/** undefined: the setting only feeds another one. */
function showSetting(name: SettingName, config: Config): unknown {
  switch (name) {
    case 'configFiles':
    case 'port':
    case 'apiKey':
    case 'apiKeysFile':
    case 'bearerToken':
    case 'enablePromptCaching':
      return undefined
    case 'guardrailId':
      return config.guardrail?.identifier
    case 'guardrailVersion':
      return config.guardrail?.version
    case 'guardrailStreamMode':
      return config.guardrail?.streamMode
    case 'apiKeys':
      return showKeys(config.apiKeys.length)
    case 'routePrefix':
      return config.routePrefixes[2] ?? null
    case 'listen':
    case 'imagesListen':
    case 'metricsListen': {
      const address = config[name]
      return address === null ? '' : formatAddress(address)
    }
    default:
      return config[name]
  }
}

function showKeys(count: number): string {
  if (count === 0) return 'none'
  return count === 1 ? '1 key hidden' : `${count} keys hidden`
}
