import { existsSync, readFileSync } from 'node:fs'
import { type BedrockError, validationError } from './wire-error.js'

interface Member {
  readonly shape: string
  readonly location?: string
  readonly locationName?: string
}

interface Shape {
  readonly type: string
  readonly members?: Readonly<Record<string, Member>>
  readonly required?: readonly string[]
  readonly member?: Member
  readonly key?: Member
  readonly value?: Member
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly union?: boolean
  readonly document?: boolean
}

interface ServiceModel {
  readonly operations: Readonly<Record<string, { readonly input?: { readonly shape: string } }>>
  readonly shapes: Readonly<Record<string, Shape>>
}

/** Everything that is wrong with a request. `constraint`: in AWS's words; `form`: the body does not fit at all. */
export interface Violation {
  readonly kind: 'constraint' | 'form'
  readonly text: string
}

export interface CheckedRequest {
  readonly modelId: string
  readonly body: unknown
  /** By their names in lower case; absent: none is looked at. */
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>
}

/** Checks requests against AWS's own description of the service. */
export interface RequestChecker {
  /** All violations, those of the headers first, then in the order of the body. */
  violations(operation: string, request: CheckedRequest): readonly Violation[]
  /** Throws a ValidationException for the first kind of violation found. */
  check(operation: string, request: CheckedRequest): void
}

/** The checker of a botocore `service-2.json`; null where the file does not exist. */
export function loadRequestChecker(path: string): RequestChecker | null {
  if (!existsSync(path)) return null
  const model = JSON.parse(readFileSync(path, 'utf8')) as ServiceModel
  return createRequestChecker(model)
}

/** A checker of one service description. */
export function createRequestChecker(model: ServiceModel): RequestChecker {
  const walker = new ShapeWalker(model)
  const checker: RequestChecker = {
    violations(operation, request) {
      const input = model.operations[operation]?.input
      return input === undefined ? [] : walker.checkInput(input.shape, request)
    },
    check(operation, request) {
      const error = toError(checker.violations(operation, request))
      if (error !== null) throw error
    },
  }
  return checker
}

// Number and joint as in BerriAI/litellm#19384; a body of the wrong form gets the words of elastic/kibana#277821.
function toError(violations: readonly Violation[]): BedrockError | null {
  if (violations.length === 0) return null
  const form = violations.find((violation) => violation.kind === 'form')
  if (form !== undefined) {
    return Object.assign(validationError('The provided request is not valid'), { cause: form.text })
  }
  const counted = violations.length === 1 ? '1 validation error' : `${violations.length} validation errors`
  return validationError(`${counted} detected: ${violations.map((violation) => violation.text).join('; ')}`)
}

class ShapeWalker {
  readonly #shapes: Readonly<Record<string, Shape>>
  readonly #patterns = new Map<string, RegExp>()

  constructor(model: ServiceModel) {
    this.#shapes = model.shapes
  }

  checkInput(name: string, request: CheckedRequest): readonly Violation[] {
    const found: Violation[] = []
    const shape = this.#shape(name)
    const modelId = shape.members?.['modelId']
    if (modelId !== undefined) this.#check(modelId.shape, request.modelId, 'modelId', found)
    for (const [member, { shape: type, location, locationName = '' }] of Object.entries(
      shape.members ?? {},
    )) {
      const value = location === 'header' ? request.headers?.[locationName.toLowerCase()] : undefined
      if (value !== undefined) this.#check(type, value, member, found)
    }
    this.#checkStructure(shape, request.body, '', found)
    return found
  }

  #shape(name: string): Shape {
    const shape = this.#shapes[name]
    if (shape === undefined) throw new Error(`the service model has no shape ${name}`)
    return shape
  }

  #check(name: string, value: unknown, path: string, found: Violation[]): void {
    const shape = this.#shape(name)
    if (shape.document === true) return
    switch (shape.type) {
      case 'structure':
        this.#checkStructure(shape, value, path, found)
        return
      case 'list':
        this.#checkList(shape, value, path, found)
        return
      case 'map':
        this.#checkMap(shape, value, path, found)
        return
      case 'string':
        this.#checkString(shape, value, path, found)
        return
      case 'blob':
        this.#checkBlob(shape, value, path, found)
        return
      case 'integer':
      case 'long':
        if (!Number.isInteger(value)) {
          wrongForm(path, 'a whole number', found)
          return
        }
        checkRange(shape, Number(value), path, found)
        return
      case 'float':
      case 'double':
        if (typeof value !== 'number') {
          wrongForm(path, 'a number', found)
          return
        }
        checkRange(shape, value, path, found)
        return
      case 'boolean':
        if (typeof value !== 'boolean') wrongForm(path, 'a boolean', found)
        return
      default:
        return
    }
  }

  #checkStructure(shape: Shape, value: unknown, path: string, found: Violation[]): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      wrongForm(path, 'an object', found)
      return
    }
    const members = shape.members ?? {}
    const present = Object.entries(value).filter(([, member]) => member !== null)
    for (const [name, member] of present) {
      const known = members[name]
      if (known === undefined || known.location !== undefined) {
        wrongForm(join(path, name), 'no such member', found)
      } else {
        this.#check(known.shape, member, join(path, name), found)
      }
    }
    if (shape.union === true && present.length !== 1) wrongForm(path, 'exactly one member', found)
    const names = present.map(([name]) => name)
    for (const required of shape.required ?? []) {
      if (members[required]?.location === undefined && !names.includes(required)) {
        // maximhq/bifrost#6732.
        found.push({
          kind: 'constraint',
          text: `Value null at '${join(path, required)}' failed to satisfy constraint: Member must not be null`,
        })
      }
    }
  }

  // List members are counted from one and spelled `.member` (BerriAI/litellm#19384).
  #checkList(shape: Shape, value: unknown, path: string, found: Violation[]): void {
    if (!Array.isArray(value)) {
      wrongForm(path, 'a list', found)
      return
    }
    checkLength(shape, { length: value.length, shown: '' }, path, found)
    const member = shape.member
    if (member === undefined) return
    value.forEach((item: unknown, index) => {
      this.#check(member.shape, item, `${path}.${index + 1}.member`, found)
    })
  }

  #checkMap(shape: Shape, value: unknown, path: string, found: Violation[]): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      wrongForm(path, 'an object', found)
      return
    }
    const entries = Object.entries(value)
    checkLength(shape, { length: entries.length, shown: '' }, path, found)
    for (const [name, item] of entries) {
      if (shape.key !== undefined) this.#check(shape.key.shape, name, `${path}.key`, found)
      if (shape.value !== undefined) this.#check(shape.value.shape, item, `${path}.${name}.member`, found)
    }
  }

  #checkString(shape: Shape, value: unknown, path: string, found: Violation[]): void {
    if (typeof value !== 'string') {
      wrongForm(path, 'a string', found)
      return
    }
    if (shape.enum !== undefined && !shape.enum.includes(value)) {
      constraint(path, ` '${value}'`, `Member must satisfy enum value set: [${shape.enum.join(', ')}]`, found)
    }
    if (shape.pattern !== undefined && !this.#pattern(shape.pattern).test(value)) {
      constraint(
        path,
        ` '${value}'`,
        `Member must satisfy regular expression pattern: ${shape.pattern}`,
        found,
      )
    }
    if (shape.min === undefined && shape.max === undefined) return
    checkLength(shape, { length: [...value].length, shown: ` '${value}'` }, path, found)
  }

  #checkBlob(shape: Shape, value: unknown, path: string, found: Violation[]): void {
    if (typeof value !== 'string' || !isBase64(value)) {
      wrongForm(path, 'base64', found)
      return
    }
    checkLength(shape, { length: Buffer.byteLength(value, 'base64'), shown: '' }, path, found)
  }

  // Smithy patterns on AWS's side match the whole value.
  #pattern(source: string): RegExp {
    const known = this.#patterns.get(source)
    if (known !== undefined) return known
    const compiled = new RegExp(`^(?:${source})$`)
    this.#patterns.set(source, compiled)
    return compiled
  }
}

// Linear also for 20 MB: one expression for the whole value would run out of backtracking stack.
function isBase64(value: string): boolean {
  return (
    value.length % 4 === 0 &&
    !/[^A-Za-z0-9+/]/.test(value.slice(0, -2)) &&
    /^(?:|[A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==)$/.test(value.slice(-2))
  )
}

function checkLength(
  shape: Shape,
  measured: { length: number; shown: string },
  path: string,
  found: Violation[],
): void {
  if (shape.min !== undefined && measured.length < shape.min) {
    constraint(path, measured.shown, `Member must have length greater than or equal to ${shape.min}`, found)
  }
  if (shape.max !== undefined && measured.length > shape.max) {
    constraint(path, measured.shown, `Member must have length less than or equal to ${shape.max}`, found)
  }
}

function checkRange(shape: Shape, value: number, path: string, found: Violation[]): void {
  if (shape.min !== undefined && value < shape.min) {
    constraint(path, ` '${value}'`, `Member must have value greater than or equal to ${shape.min}`, found)
  }
  if (shape.max !== undefined && value > shape.max) {
    constraint(path, ` '${value}'`, `Member must have value less than or equal to ${shape.max}`, found)
  }
}

function constraint(path: string, shown: string, rule: string, found: Violation[]): void {
  found.push({ kind: 'constraint', text: `Value${shown} at '${path}' failed to satisfy constraint: ${rule}` })
}

function wrongForm(path: string, expected: string, found: Violation[]): void {
  found.push({ kind: 'form', text: `${path === '' ? 'body' : path}: ${expected}` })
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
