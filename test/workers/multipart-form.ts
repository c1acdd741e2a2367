/** One part of a form, as a client writes it. */
export interface FormPart {
  readonly name: string
  readonly value: string | Uint8Array
  /** Undefined: the part has no file name. */
  readonly fileName?: string
  readonly type?: string
}

export const BOUNDARY = 'form-boundary-7e3a'
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`

/** The bytes of a form, with its end. */
export function formBody(parts: readonly FormPart[]): Buffer {
  return Buffer.concat([...parts.map(partBytes), Buffer.from(`--${BOUNDARY}--\r\n`)])
}

function partBytes({ name, value, fileName, type }: FormPart): Buffer {
  const file = fileName === undefined ? '' : `; filename="${fileName}"`
  const label = type === undefined ? '' : `Content-Type: ${type}\r\n`
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${label}\r\n`
  return Buffer.concat([Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')])
}
