import { isDeepStrictEqual } from 'node:util'
import { readAliases } from './aliases.js'
import type { Findings } from './findings.js'
import type { GroupAlias, LiteLlmSettings } from './lite-llm.js'
import type { ModelAlias } from './types.js'
import type { Layer } from './yaml-file.js'

/** Every name that the operator gives to a model. */
export function readNames(
  layers: readonly Layer[],
  lite: readonly LiteLlmSettings[],
  findings: Findings,
): readonly ModelAlias[] {
  const own = layers.flatMap((layer) => readAliases(layer, findings))
  const deployments = mergeDeployments(
    lite.flatMap((settings) => settings.aliases),
    findings,
  )
  const groups = lite.flatMap((settings) => settings.groupAliases)
  return mergeAliases(own, addGroupAliases(deployments, groups, findings), findings)
}

/** Entries of one name are deployments of one model in several regions; another model under the same name is left out. */
function mergeDeployments(aliases: readonly ModelAlias[], findings: Findings): readonly ModelAlias[] {
  const byName = new Map<string, ModelAlias>()
  for (const alias of aliases) {
    const first = byName.get(alias.name)
    if (first === undefined) {
      byName.set(alias.name, alias)
    } else if (first.model === alias.model) {
      // A deployment without a region uses the configured ones, and so does the merged alias.
      const open = first.regions.length === 0 || alias.regions.length === 0
      const regions = open ? [] : [...new Set([...first.regions, ...alias.regions])]
      byName.set(alias.name, { ...first, regions })
      if (isDeepStrictEqual(first.defaults, alias.defaults)) continue
      findings.warnings.push(
        `model_list: "${alias.name}" has several sets of parameters, the first one is used`,
      )
    } else {
      findings.warnings.push(`model_list: "${alias.name}" names several models, the first one is used`)
    }
  }
  return [...byName.values()]
}

/** Gives each model group its further names; as in LiteLLM, such a name goes before an entry of `model_list`. */
function addGroupAliases(
  aliases: readonly ModelAlias[],
  groups: readonly GroupAlias[],
  findings: Findings,
): readonly ModelAlias[] {
  const groupsByName = new Map(aliases.map((alias) => [alias.name, alias]))
  const byName = new Map(groupsByName)
  for (const { name, model, place } of groups) {
    const target = groupsByName.get(model)
    if (target === undefined) {
      findings.warnings.push(`${place}: "${name}" is left out: model_list has no Bedrock model "${model}"`)
    } else byName.set(name, { ...target, name })
  }
  return [...byName.values()]
}

/** An alias of a later file replaces one of the same name; `aliases:` goes before LiteLLM's list. */
function mergeAliases(
  own: readonly ModelAlias[],
  lite: readonly ModelAlias[],
  findings: Findings,
): readonly ModelAlias[] {
  const byName = new Map(lite.map((alias) => [alias.name, alias]))
  for (const { name } of lite.filter((alias) => own.some((other) => other.name === alias.name))) {
    findings.warnings.push(`model_list: "${name}" is also in aliases, which is used`)
  }
  for (const alias of own) byName.set(alias.name, alias)
  return [...byName.values()]
}
