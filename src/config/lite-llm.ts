import { addProblem, type Findings } from './findings.js'
import { isRegion, isToken, isVisibleText } from './parse-value.js'
import { type ModelAlias, NO_DEFAULTS } from './types.js'
import { isRecord, type Layer } from './yaml-file.js'

/** Top-level sections of a LiteLLM proxy file (docs.litellm.ai/docs/proxy/configs). */
export const liteLlmSections = [
  'model_list',
  'litellm_settings',
  'general_settings',
  'router_settings',
  'environment_variables',
] as const

/** What of a LiteLLM file has a meaning here. */
export interface LiteLlmSettings {
  readonly aliases: readonly ModelAlias[]
  readonly keys: readonly string[]
}

type Lookup = (variable: string) => string | undefined

/** Reads the LiteLLM sections of one file. What has no meaning here is a warning that names keys, never values. */
export function readLiteLlm(
  layer: Layer,
  environment: Readonly<Record<string, string | undefined>>,
  findings: Findings,
): LiteLlmSettings {
  const lookup = createLookup(environment, layer.entries['environment_variables'])
  for (const section of ['litellm_settings', 'router_settings', 'environment_variables']) {
    warnIgnored(`${section} (${layer.file})`, layer.entries[section], [], findings)
  }
  warnIgnored(`general_settings (${layer.file})`, layer.entries['general_settings'], ['master_key'], findings)
  return { aliases: readModelList(layer, lookup, findings), keys: readMasterKey(layer, lookup, findings) }
}

/** As in LiteLLM, `environment_variables` of the file stand in for variables that are not set. */
function createLookup(environment: Readonly<Record<string, string | undefined>>, section: unknown): Lookup {
  const inFile = isRecord(section) ? section : {}
  return (variable) => {
    const value = environment[variable] ?? inFile[variable]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
}

function warnIgnored(place: string, section: unknown, known: readonly string[], findings: Findings): void {
  if (section === undefined || section === null) return
  const ignored = isRecord(section)
    ? Object.keys(section).filter((key) => !known.includes(key))
    : ['all of it']
  if (ignored.length > 0) findings.warnings.push(`${place}: ignored: ${ignored.join(', ')}`)
}

function readMasterKey(layer: Layer, lookup: Lookup, findings: Findings): readonly string[] {
  const section = layer.entries['general_settings']
  const raw = isRecord(section) ? section['master_key'] : undefined
  if (raw === undefined || raw === null) return []
  const place = `general_settings.master_key (${layer.file})`
  const key = resolveText({ raw, place }, lookup, findings)
  if (key === undefined) return []
  if (isToken(key)) return [key]
  addProblem(findings, place, 'a key of printable ASCII without spaces', { type: 'hidden' })
  return []
}

/** Text, or what `os.environ/NAME` refers to. An unset variable is a problem: a fallback could open or move a model. */
function resolveText(
  { raw, place }: { readonly raw: unknown; readonly place: string },
  lookup: Lookup,
  findings: Findings,
): string | undefined {
  if (typeof raw !== 'string') {
    addProblem(findings, place, 'text (put it in quotes)', { type: 'hidden' })
    return undefined
  }
  const variable = /^os\.environ\/(.+)$/.exec(raw)?.[1]
  const text = variable === undefined ? raw : lookup(variable)
  if (text === undefined)
    addProblem(findings, place, `the variable ${variable} to be set`, { type: 'nothing' })
  return text
}

function readModelList(layer: Layer, lookup: Lookup, findings: Findings): readonly ModelAlias[] {
  const list = layer.entries['model_list']
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) {
    addProblem(findings, `model_list (${layer.file})`, 'a list of { model_name, litellm_params }', {
      type: 'nothing',
    })
    return []
  }
  const entries: readonly unknown[] = list
  return entries.flatMap(
    (entry, index) =>
      readModel({ entry, place: `model_list[${index}] (${layer.file})` }, lookup, findings) ?? [],
  )
}

function readModel(
  { entry, place }: { readonly entry: unknown; readonly place: string },
  lookup: Lookup,
  findings: Findings,
): ModelAlias | undefined {
  const name = isRecord(entry) ? entry['model_name'] : undefined
  const params = isRecord(entry) ? entry['litellm_params'] : undefined
  if (typeof name !== 'string' || !isVisibleText(name) || !isRecord(params)) {
    addProblem(findings, place, 'model_name and litellm_params', { type: 'nothing' })
    return undefined
  }
  const model = resolveText(
    { raw: params['model'], place: `${place} litellm_params.model` },
    lookup,
    findings,
  )
  if (model === undefined) return undefined
  const route = toBedrockRoute(model, params['custom_llm_provider'])
  if (route.type === 'skipped') {
    findings.warnings.push(`${place}: "${name}" is left out: ${route.reason}`)
    return undefined
  }
  const target = readTarget(params['model_id'], { route, place }, lookup, findings)
  const region = readRegion(params['aws_region_name'], { route, place }, lookup, findings)
  if (target === undefined || region === undefined) return undefined
  warnIgnored(`${place} "${name}" litellm_params`, params, usedParams, findings)
  return { name, model: target, regions: region, defaults: NO_DEFAULTS }
}

const usedParams = ['model', 'model_id', 'aws_region_name', 'custom_llm_provider']

interface RouteContext {
  readonly route: BedrockRoute
  readonly place: string
}

/** LiteLLM's `model_id` is what to invoke (an application profile ARN), while `model` says which family it is. */
function readTarget(
  raw: unknown,
  { route, place }: RouteContext,
  lookup: Lookup,
  findings: Findings,
): string | undefined {
  if (raw === undefined || raw === null) return route.model
  return resolveText({ raw, place: `${place} litellm_params.model_id` }, lookup, findings)
}

function readRegion(
  raw: unknown,
  { route, place }: RouteContext,
  lookup: Lookup,
  findings: Findings,
): readonly string[] | undefined {
  if (raw === undefined || raw === null) return route.regions
  const regionPlace = `${place} litellm_params.aws_region_name`
  const region = resolveText({ raw, place: regionPlace }, lookup, findings)
  if (region === undefined) return undefined
  if (isRegion(region)) return [region]
  addProblem(findings, regionPlace, 'an AWS region name such as us-east-1', { type: 'value', value: raw })
  return undefined
}

interface BedrockRoute {
  readonly type: 'bedrock'
  readonly model: string
  readonly regions: readonly string[]
}

/**
 * LiteLLM's model strings (docs.litellm.ai/docs/providers/bedrock): `bedrock/`, then a route (`converse/`, `invoke/`),
 * a region (`us-west-2/`) or the family of an imported model (`llama/arn:…`), then the id.
 */
function toBedrockRoute(
  model: string,
  provider: unknown,
): BedrockRoute | { readonly type: 'skipped'; readonly reason: string } {
  const rest =
    /^bedrock(?:_converse)?\/(.+)$/.exec(model)?.[1] ?? (provider === 'bedrock' ? model : undefined)
  if (rest === undefined) return { type: 'skipped', reason: 'it is not a Bedrock model' }
  if (/^(agent|agentcore|async_invoke|mantle)\//.test(rest)) {
    return { type: 'skipped', reason: 'this route of LiteLLM is not served' }
  }
  if (rest.includes('*'))
    return { type: 'skipped', reason: 'wildcards are not needed, every listed model is served' }
  const withoutRoute = rest.replace(/^(converse|converse_like|invoke)\//, '')
  const [first = '', ...others] = withoutRoute.split('/')
  const regional = isRegion(first) && others.length > 0
  const id = (regional ? others.join('/') : withoutRoute).replace(/^[a-z0-9_-]+\/(?=arn:)/, '')
  return isVisibleText(id)
    ? { type: 'bedrock', model: id, regions: regional ? [first] : [] }
    : { type: 'skipped', reason: 'it names no model' }
}

/** Entries of one name are deployments of one model in several regions; another model under the same name is left out. */
export function mergeDeployments(aliases: readonly ModelAlias[], findings: Findings): readonly ModelAlias[] {
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
    } else {
      findings.warnings.push(`model_list: "${alias.name}" names several models, the first one is used`)
    }
  }
  return [...byName.values()]
}
