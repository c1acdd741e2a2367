import { type Setting, settingNames, settingRows } from '../../src/config/settings.js'

/** The README's table of all settings, as Markdown. */
export function settingsTable(): string {
  const rows = settingNames.map((name) => toRow(settingRows[name]))
  return ['| variable | YAML key | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function toRow(setting: Setting): string {
  const yamlKey = setting.yamlKey === null ? '–' : `\`${setting.yamlKey}\``
  return `| \`${setting.variable}\` | ${yamlKey} | ${showDefault(setting)} | ${setting.doc}${showRange(setting)} |`
}

function showDefault({ fallback, fallbackNote }: Setting): string {
  return fallbackNote ?? (fallback === null ? 'none' : `\`${fallback}\``)
}

function showRange({ minimum, maximum }: Setting): string {
  return minimum === undefined || maximum === undefined ? '' : ` (${minimum} to ${maximum})`
}
