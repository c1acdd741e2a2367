import { readDropParams } from './aliases.js'
import { addProblem, type Findings } from './findings.js'
import { readDeploymentDefaults } from './lite-llm-parameters.js'
import { createLookup, type Lookup, resolveText } from './lite-llm-references.js'
import { isRegion, isToken, isVisibleText } from './parse-value.js'
import type { ModelAlias } from './types.js'
import { isRecord, type Layer } from './yaml-file.js'

/** Sections with members that have a meaning here, and which (docs.litellm.ai/docs/proxy/config_settings). */
const usedMembers = {
  litellm_settings: ['drop_params'],
  general_settings: ['master_key'],
  router_settings: ['model_group_alias'],
  environment_variables: [],
} as const satisfies Record<string, readonly string[]>

/** Sections without any, with what to use instead where there is something. */
const unusedSections = {
  guardrails: 'nothing is watched by them, set BEDROCKD_GUARDRAIL_ID or the guardrail of an alias',
  include: 'name every file in BEDROCKD_CONFIG',
  agent_list: '',
  assistant_settings: '',
  callback_settings: '',
  credential_list: 'the gateway has one set of AWS credentials',
  files_settings: '',
  finetune_settings: '',
  mcp_servers: '',
  mcp_tools: '',
  policies: '',
  policy_attachments: '',
  prompts: '',
  search_tools: '',
  vector_store_registry: '',
  worker_registry: '',
} as const satisfies Record<string, string>

/** Top-level sections of a LiteLLM proxy file (docs.litellm.ai/docs/proxy/configs). */
export const liteLlmSections: readonly string[] = [
  'model_list',
  ...Object.keys(usedMembers),
  ...Object.keys(unusedSections),
]

/** What of a LiteLLM file has a meaning here. */
export interface LiteLlmSettings {
  readonly aliases: readonly ModelAlias[]
  readonly groupAliases: readonly GroupAlias[]
  readonly keys: readonly string[]
  /** `litellm_settings.drop_params`; undefined: not said. */
  readonly dropParams: boolean | undefined
}

/** Another name for what `model_list` calls `model`. */
export interface GroupAlias {
  readonly name: string
  readonly model: string
  readonly place: string
}

/** Reads the LiteLLM sections of one file. What has no meaning here is a warning that names keys, never values. */
export function readLiteLlm(
  layer: Layer,
  environment: Readonly<Record<string, string | undefined>>,
  findings: Findings,
): LiteLlmSettings {
  const lookup = createLookup(environment, layer.entries['environment_variables'])
  for (const [section, known] of Object.entries(usedMembers)) {
    warnIgnored(`${section} (${layer.file})`, layer.entries[section], known, findings)
  }
  for (const [section, instead] of Object.entries(unusedSections)) {
    if (isEmpty(layer.entries[section])) continue
    findings.warnings.push(`${section} (${layer.file}): ignored${instead === '' ? '' : `: ${instead}`}`)
  }
  return {
    aliases: readModelList(layer, lookup, findings),
    groupAliases: readGroupAliases(layer, findings),
    keys: readMasterKey(layer, lookup, findings),
    dropParams: readDropParams(
      memberOf(layer, 'litellm_settings', 'drop_params'),
      `litellm_settings.drop_params (${layer.file})`,
      findings,
    ),
  }
}

function memberOf({ entries }: Layer, section: string, member: string): unknown {
  const members = entries[section]
  return isRecord(members) ? members[member] : undefined
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

/** `router_settings.model_group_alias`: name → model group, or { model, hidden }. */
function readGroupAliases(layer: Layer, findings: Findings): readonly GroupAlias[] {
  const section = memberOf(layer, 'router_settings', 'model_group_alias')
  if (section === undefined || section === null) return []
  const place = `router_settings.model_group_alias (${layer.file})`
  if (!isRecord(section)) {
    addProblem(findings, place, 'a mapping of name to model_name', { type: 'nothing' })
    return []
  }
  return Object.entries(section).flatMap(([name, item]) => {
    const model = isRecord(item) ? item['model'] : item
    if (typeof model === 'string' && isVisibleText(model) && isVisibleText(name))
      return [{ name, model, place }]
    addProblem(findings, `${place} "${name}"`, 'a model_name, or a mapping with model', { type: 'nothing' })
    return []
  })
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
  if (!isRecord(entry) || typeof name !== 'string' || !isVisibleText(name) || !isRecord(params)) {
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
  const { defaults, used } = readDeploymentDefaults({ params, place, lookup }, findings)
  if (target === undefined || region === undefined) return undefined
  const known = [...usedParams, ...used]
  const ignored = [
    ...Object.keys(params)
      .filter((key) => !known.includes(key))
      .map((key) => `litellm_params.${key}`),
    ...Object.keys(entry).filter((key) => key !== 'model_name' && key !== 'litellm_params'),
  ]
  if (ignored.length > 0) findings.warnings.push(`${place} "${name}": ignored: ${ignored.join(', ')}`)
  return { name, model: target, regions: region, defaults }
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
 * `mantle/`, a region (`us-west-2/`) or the family of an imported model (`llama/arn:…`), then the id.
 */
function toBedrockRoute(
  model: string,
  provider: unknown,
): BedrockRoute | { readonly type: 'skipped'; readonly reason: string } {
  // `mantle/` stays: it is the name's way to the native endpoint here, too (`catalog/names.ts`).
  const named = model.replace(/^bedrock_mantle\//, 'bedrock/mantle/')
  const rest =
    /^bedrock(?:_converse)?\/(.+)$/.exec(named)?.[1] ?? (provider === 'bedrock' ? model : undefined)
  if (rest === undefined) return { type: 'skipped', reason: 'it is not a Bedrock model' }
  if (/^(agent|agentcore|async_invoke)\//.test(rest)) {
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
