import type { OutputConfig, ToolSpec } from '../bedrock/types.js'
import { type Fields, isFields } from '../openai/fields.js'
import type { ChatRequest, ResponseFormat } from '../openai/types.js'
import { isClosable, isObjectSchema, toClosedSchema } from './closed-schema.js'
import type { DropList } from './drop-list.js'
import type { TranslationContext } from './policy.js'

/** How a `response_format` is said to this model: by `outputConfig`, else by a tool whose input is the answer. */
export interface StructuredOutput {
  readonly outputConfig: OutputConfig | null
  /** The schema of `outputConfig` would be refused, and has to be asked for in words. */
  readonly inWords: boolean
  readonly answerTool: ToolSpec | null
  /** The member of the tool's input that holds the answer; null: the whole input is it. */
  readonly answerMember: string | null
}

type JsonSchemaFormat = Extract<ResponseFormat, { type: 'json_schema' }>

const NOTHING: StructuredOutput = { outputConfig: null, inWords: false, answerTool: null, answerMember: null }

const ANSWER_TOOL = 'json_answer'
const ANSWER_DESCRIPTION = 'Call this tool to give the answer: its input is the answer.'
/** Any JSON object: all that `json_object` says. */
const ANY_OBJECT = { type: 'object', additionalProperties: true }
/** A tool's input is an object, whatever the answer is. */
const ANSWER_MEMBER = 'value'

/**
 * Converse takes a schema where the model can keep to one; every other promise of JSON is kept by a tool that the model is made
 * to call. A model that can't be made to is left without, and `response_format` is named. A model that refused the schema once
 * (a lesson) gets the tool.
 */
export function toStructuredOutput(
  request: ChatRequest,
  { target: { capabilities }, lessons }: TranslationContext,
  dropped: DropList,
): StructuredOutput {
  const { responseFormat: format } = request
  if (format === null || format.type === 'text') return NOTHING
  const isNative = capabilities.structuredOutput && !lessons.includes('response_format')
  const hasTool =
    capabilities.toolChoices.length > 0 &&
    !lessons.includes('tool_choice') &&
    (capabilities.structuredOutput || !lessons.includes('response_format'))
  const schema = format.type === 'json_schema' && isFields(format.schema) ? format.schema : {}
  const hasSchema = Object.keys(schema).length > 0
  const fits = isClosable(schema)
  if (format.type === 'json_schema' && isNative && hasSchema && (fits || !hasTool)) {
    // Claude refuses an open object; others may well take it.
    const inWords = !fits && capabilities.family === 'claude'
    return { ...NOTHING, outputConfig: toOutputConfig(format, schema), inWords }
  }
  if (hasTool) return toAnswerTool(format, schema, answerToolName(request))
  dropped.add('response_format')
  return NOTHING
}

/** As in recordings 709 to 727. */
function toOutputConfig({ name, description }: JsonSchemaFormat, schema: Fields): OutputConfig {
  return {
    textFormat: {
      type: 'json_schema',
      structure: {
        jsonSchema: {
          schema: JSON.stringify(toClosedSchema(schema)),
          name,
          ...(description === null ? {} : { description }),
        },
      },
    },
  }
}

/** A name that no tool of the client has. */
function answerToolName({ tools }: ChatRequest): string {
  let name = ANSWER_TOOL
  while (tools.some((tool) => tool.name === name)) name += '_'
  return name
}

function toAnswerTool(format: ResponseFormat, schema: Fields, name: string): StructuredOutput {
  const description = format.type === 'json_schema' ? format.description : null
  const wanted = Object.keys(schema).length > 0 ? schema : ANY_OBJECT
  const wrapped = !isObjectSchema(wanted) || lacksMembers(wanted)
  return {
    outputConfig: null,
    inWords: false,
    answerTool: {
      name,
      description: description ? `${ANSWER_DESCRIPTION} ${description}` : ANSWER_DESCRIPTION,
      inputSchema: { json: wrapped ? wrap(wanted) : { ...wanted, type: 'object' } },
    },
    answerMember: wrapped ? ANSWER_MEMBER : null,
  }
}

/** Where no member is named models call the tool with `{}` (BerriAI/litellm#25740); a member that must be there they fill (#35218). */
function lacksMembers({ properties }: Fields): boolean {
  return !isFields(properties) || Object.keys(properties).length === 0
}

/** Definitions stay where references look for them. */
function wrap({ $defs, definitions, ...schema }: Fields): Fields {
  return {
    type: 'object',
    properties: { [ANSWER_MEMBER]: schema },
    required: [ANSWER_MEMBER],
    ...($defs === undefined ? {} : { $defs }),
    ...(definitions === undefined ? {} : { definitions }),
  }
}
