import { resolveAdminSocket } from '../admin/socket-path.js'
import type { Guardrail, PromptCachingMode } from '../openai/types.js'
import { formatAddress, isLoopback, overlaps } from './address.js'
import { readKeysFile } from './api-keys.js'
import { admissionFits, deriveAdmission, descriptorSlack, parseDescriptorLimit } from './descriptor-limit.js'
import { addProblem, type Findings } from './findings.js'
import { type LiteLlmSettings, liteLlmSections, readLiteLlm } from './lite-llm.js'
import { readNames } from './model-names.js'
import { nearest } from './nearest.js'
import { isRegion, splitPaths } from './parse-value.js'
import type { FileRead } from './read-text-file.js'
import { createSettingReader, type SettingReader } from './setting-reader.js'
import { settingNames, settingRows } from './settings.js'
import type { Address, Config, ModelAlias } from './types.js'
import { type Layer, parseYamlFile } from './yaml-file.js'

const defaultConfigFile = '/etc/bedrockd/bedrockd.yaml'
const defaultRegion = 'us-east-1'
const fixedPrefixes = ['/v1', '/api/v1']
const nothing = { type: 'nothing' } as const

/** Everything that a configuration is made from. */
export interface ConfigSources {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Of `--config`, each may name several; empty: `BEDROCKD_CONFIG`, else the default file when present. */
  readonly configFiles: readonly string[]
  readonly readFile: (path: string) => FileRead
}

/** `problems` and `warnings` are sentences for the operator; neither ever holds a secret. */
export type ConfigResult =
  | { readonly type: 'ok'; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly type: 'bad'; readonly problems: readonly string[]; readonly warnings: readonly string[] }

/** Environment first, then YAML files (a later one wins), then defaults; collects every problem before it gives up. */
export function loadConfig(sources: ConfigSources): ConfigResult {
  const findings: Findings = { problems: [], warnings: [] }
  const layers = readLayers(sources, findings)
  checkNames(sources.environment, layers, findings)
  const reader = createSettingReader(sources.environment, layers, findings)
  const config = assemble(sources, layers, { reader, findings })
  return findings.problems.length > 0
    ? { type: 'bad', ...findings }
    : { type: 'ok', config, warnings: findings.warnings }
}

function readLayers(sources: ConfigSources, findings: Findings): readonly Layer[] {
  const named = sources.configFiles.flatMap(splitPaths)
  const wanted = named.length > 0 ? named : splitPaths(sources.environment['BEDROCKD_CONFIG'] ?? '')
  if (wanted.length > 0) {
    return wanted.flatMap((file) => parseYamlFile(file, sources.readFile(file), findings) ?? [])
  }
  const read = sources.readFile(defaultConfigFile)
  return read.type === 'absent' ? [] : [parseYamlFile(defaultConfigFile, read, findings) ?? []].flat()
}

/** A misspelt name would silently leave a default in place, so every unknown one is a problem. */
function checkNames(
  environment: ConfigSources['environment'],
  layers: readonly Layer[],
  findings: Findings,
): void {
  const variables = settingNames.map((name) => settingRows[name].variable)
  for (const variable of Object.keys(environment)) {
    if (!variable.startsWith('BEDROCKD_') || variables.includes(variable)) continue
    addProblem(findings, variable, `a known setting, the nearest is ${nearest(variable, variables)}`, nothing)
  }
  const keys = [
    ...settingNames.flatMap((name) => settingRows[name].yamlKey ?? []),
    'aliases',
    ...liteLlmSections,
  ]
  for (const { file, entries } of layers) {
    for (const key of Object.keys(entries).filter((name) => !keys.includes(name))) {
      addProblem(
        findings,
        `${key} (${file})`,
        `a known setting, the nearest is ${nearest(key, keys)}`,
        nothing,
      )
    }
  }
}

interface Reading {
  readonly reader: SettingReader
  readonly findings: Findings
}

function assemble(sources: ConfigSources, layers: readonly Layer[], reading: Reading): Config {
  const { reader, findings } = reading
  const { environment } = sources
  const listeners = readListeners(reading)
  const lite = layers.map((layer) => readLiteLlm(layer, environment, findings))
  const aliases = readNames(layers, lite, findings)
  const masterKeys = lite.flatMap((settings) => settings.keys)
  const routePrefix = reader.optional('routePrefix')
  const stateDir = readStateDir(environment, reading)
  return {
    ...listeners,
    adminSocket: reader.optional('adminSocket') ?? resolveAdminSocket(environment, stateDir),
    reusePort: reader.required('reusePort'),
    apiKeys: readApiKeys({ sources, listeners, masterKeys }, reading),
    routePrefixes: [...new Set([...fixedPrefixes, ...(routePrefix === undefined ? [] : [routePrefix])])],
    stateDir,
    regions: readRegions(environment, aliases, reading),
    modelRefreshSeconds: reader.required('modelRefreshSeconds'),
    refreshDeadlineSeconds: reader.required('refreshDeadlineSeconds'),
    firstRefreshWaitSeconds: reader.required('firstRefreshWaitSeconds'),
    modelsLegacy: reader.required('modelsLegacy'),
    modelsAllow: reader.required('modelsAllow'),
    modelsDeny: reader.required('modelsDeny'),
    crossRegionInference: reader.required('crossRegionInference'),
    applicationInferenceProfiles: reader.required('applicationInferenceProfiles'),
    aliases,
    defaultModel: reader.optional('defaultModel') ?? null,
    defaultEmbeddingModel: reader.optional('defaultEmbeddingModel') ?? null,
    defaultImageModel: reader.optional('defaultImageModel') ?? null,
    defaultImageEditModel: reader.optional('defaultImageEditModel') ?? null,
    defaultRerankModel: reader.optional('defaultRerankModel') ?? null,
    promptCaching: readCachingMode(reader),
    promptCacheTtl: reader.required('promptCacheTtl'),
    outputTokensDefault: reader.required('outputTokensDefault'),
    choicesMax: reader.required('choicesMax'),
    dropParams: readDropParams(reader, lite),
    guardrail: readGuardrail(reading),
    guardrailRequired: reader.required('guardrailRequired'),
    toolRoundErrorsInStream: reader.required('toolRoundErrorsInStream'),
    reasoningKeepSeconds: reader.required('reasoningKeepSeconds'),
    reasoningKeepBytesMax: reader.required('reasoningKeepBytesMax'),
    fetchUrls: reader.required('fetchUrls'),
    fetchSeconds: reader.required('fetchSeconds'),
    fetchBytesMax: reader.required('fetchBytesMax'),
    mantle: reader.required('mantle'),
    imagesMax: reader.required('imagesMax'),
    imageCallsMax: reader.required('imageCallsMax'),
    imageRequestsMax: reader.required('imageRequestsMax'),
    imagesInChat: reader.required('imagesInChat'),
    chatImageBytesMax: reader.required('chatImageBytesMax'),
    imageLinkSeconds: reader.required('imageLinkSeconds'),
    imageLinkBytesMax: reader.required('imageLinkBytesMax'),
    publicUrl: reader.optional('publicUrl') ?? null,
    embeddingInputsMax: reader.required('embeddingInputsMax'),
    embeddingCallsMax: reader.required('embeddingCallsMax'),
    embeddingWaitSeconds: reader.required('embeddingWaitSeconds'),
    logLevel: reader.required('logLevel'),
    allowedOrigins: reader.required('allowedOrigins'),
    bodyBytesMax: reader.required('bodyBytesMax'),
    bodiesBytesMax: reader.required('bodiesBytesMax'),
    bodyInlineBytesMax: reader.required('bodyInlineBytesMax'),
    streamSilenceSeconds: reader.required('streamSilenceSeconds'),
    upstreamSeconds: reader.required('upstreamSeconds'),
    pingSeconds: reader.required('pingSeconds'),
    writeStallSeconds: reader.required('writeStallSeconds'),
    streamBufferBytesMax: reader.required('streamBufferBytesMax'),
    ...readAdmission(sources, reading),
    drainSeconds: reader.required('drainSeconds'),
    drainDelaySeconds: reader.required('drainDelaySeconds'),
    bearerToken: reader.optional('bearerToken') ?? null,
  }
}

/** The sample gateway's `false` only says that it shall set none by itself. */
function readCachingMode(reader: SettingReader): PromptCachingMode {
  const enabled = reader.optional('enablePromptCaching')
  return reader.optional('promptCaching') ?? (enabled === false ? 'explicit' : 'auto')
}

/** A later LiteLLM file wins, and the setting of our own wins over all of them. */
function readDropParams(reader: SettingReader, lite: readonly LiteLlmSettings[]): boolean {
  const inLiteLlm = lite.findLast(({ dropParams }) => dropParams !== undefined)?.dropParams
  return reader.optional('dropParams') ?? inLiteLlm ?? reader.required('dropParams')
}

/** Whoever sets a version or a mode wants a guardrail: without its id nothing is watched, which must not go unnoticed. */
function readGuardrail({ reader, findings }: Reading): Guardrail | null {
  const identifier = reader.optional('guardrailId')
  const version = reader.required('guardrailVersion')
  const streamMode = reader.required('guardrailStreamMode')
  if (identifier !== undefined) return { identifier, version, trace: null, streamMode }
  if (reader.required('guardrailRequired') && !reader.isSet('guardrailId')) {
    const expected = 'BEDROCKD_GUARDRAIL_ID to be set, since chats shall not run unwatched'
    addProblem(findings, settingRows.guardrailRequired.variable, expected, nothing)
  }
  for (const name of ['guardrailVersion', 'guardrailStreamMode'] as const) {
    if (!reader.isSet(name) || reader.isSet('guardrailId')) continue
    findings.warnings.push(`${settingRows[name].variable}: ignored, BEDROCKD_GUARDRAIL_ID is not set`)
  }
  return null
}

type Listeners = Pick<Config, 'listen' | 'imagesListen' | 'metricsListen'>

function readListeners({ reader, findings }: Reading): Listeners {
  const port = reader.optional('port')
  const listenIsSet = reader.isInEnvironment('listen')
  if (port !== undefined && listenIsSet) findings.warnings.push('PORT: ignored, BEDROCKD_LISTEN is set')
  const listen = port === undefined || listenIsSet ? reader.required('listen') : { host: '0.0.0.0', port }
  const listeners = {
    listen,
    imagesListen: reader.required('imagesListen'),
    metricsListen: reader.required('metricsListen'),
  }
  checkOverlaps(listeners, findings)
  return listeners
}

function checkOverlaps(listeners: Listeners, findings: Findings): void {
  const taken: { readonly name: string; readonly address: Address }[] = []
  for (const name of ['listen', 'imagesListen', 'metricsListen'] as const) {
    const address = listeners[name]
    if (address === null) continue
    const other = taken.find((earlier) => overlaps(earlier.address, address))
    if (other !== undefined) {
      const expected = `another address than ${other.name} (${formatAddress(other.address)})`
      addProblem(findings, settingRows[name].variable, expected, {
        type: 'value',
        value: formatAddress(address),
      })
    }
    taken.push({ name: settingRows[name].variable, address })
  }
}

interface KeySources {
  readonly sources: ConfigSources
  readonly listeners: Listeners
  readonly masterKeys: readonly string[]
}

/** All sources of keys add up. Without any, whoever can connect can spend the account's money: loopback only. */
function readApiKeys(
  { sources, listeners, masterKeys }: KeySources,
  { reader, findings }: Reading,
): readonly string[] {
  const problemsBefore = findings.problems.length
  const open = [listeners.listen, listeners.imagesListen].filter(
    (address) => address !== null && !isLoopback(address),
  )
  const loopbackOnly = open.length === 0
  const fromFiles = reader.every('apiKeysFile').flatMap(({ place, value }) => {
    return readKeysFile({ place, path: value, read: sources.readFile(value) }, { loopbackOnly }, findings)
  })
  const direct = [...reader.every('apiKeys'), ...reader.every('apiKey')].flatMap(({ value }) => value)
  const keys = [...new Set([...direct, ...fromFiles, ...masterKeys])]
  const keysAreBad = findings.problems.length > problemsBefore
  if (keys.length === 0 && !keysAreBad && !loopbackOnly) {
    const where = open.map((address) => address && formatAddress(address)).join(' and ')
    const ways = 'set BEDROCKD_API_KEYS or BEDROCKD_API_KEYS_FILE, or listen on 127.0.0.1 only'
    addProblem(
      findings,
      'BEDROCKD_API_KEYS',
      `a key, because ${where} can be reached from outside: ${ways}`,
      nothing,
    )
  }
  return keys
}

function readStateDir(environment: ConfigSources['environment'], { reader, findings }: Reading): string {
  const stateDir = reader.optional('stateDir') ?? firstPath(environment['STATE_DIRECTORY'])
  if (stateDir !== undefined) return stateDir
  const home = environment['HOME']
  if (home?.startsWith('/')) return `${home.replace(/\/+$/, '')}/.local/state/bedrockd`
  addProblem(
    findings,
    'BEDROCKD_STATE_DIR',
    'a folder, because neither STATE_DIRECTORY nor HOME is set',
    nothing,
  )
  return '/var/lib/bedrockd'
}

/** systemd gives several folders separated by colons (systemd.exec(5), RuntimeDirectory=). */
function firstPath(text: string | undefined): string | undefined {
  return text?.split(':').find((path) => path !== '')
}

function readRegions(
  environment: ConfigSources['environment'],
  aliases: readonly ModelAlias[],
  { reader, findings }: Reading,
): readonly string[] {
  const named = aliases.flatMap((alias) => alias.regions)
  const configured = reader.optional('regions') ?? []
  if (configured.length > 0) return [...new Set([...configured, ...named])]
  const variable = ['AWS_REGION', 'AWS_DEFAULT_REGION'].find((name) => environment[name]?.trim())
  const region = variable === undefined ? undefined : environment[variable]?.trim()
  if (variable !== undefined && region !== undefined) {
    if (isRegion(region)) return [...new Set([region, ...named])]
    addProblem(findings, variable, 'an AWS region name such as us-east-1', { type: 'value', value: region })
  }
  return named.length > 0 ? [...new Set(named)] : [defaultRegion]
}

function readAdmission(
  sources: ConfigSources,
  { reader, findings }: Reading,
): Pick<Config, 'streamsMax' | 'connectionsMax' | 'descriptorLimit'> {
  const descriptorLimit = parseDescriptorLimit(sources.readFile('/proc/self/limits'))
  const given = {
    streamsMax: reader.optional('streamsMax'),
    connectionsMax: reader.optional('connectionsMax'),
  }
  const admission = deriveAdmission(descriptorLimit, given)
  if (!admissionFits(descriptorLimit, admission)) {
    const place = given.connectionsMax === undefined ? 'BEDROCKD_STREAMS_MAX' : 'BEDROCKD_CONNECTIONS_MAX'
    const room = `${descriptorLimit} file descriptors less ${descriptorSlack} for the daemon itself`
    const expected = `streams and connections to fit into ${room} (raise LimitNOFILE=)`
    const value = given.connectionsMax ?? given.streamsMax
    addProblem(findings, place, expected, value === undefined ? nothing : { type: 'value', value })
  }
  return { ...admission, descriptorLimit }
}
