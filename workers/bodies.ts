/** The tasks of the bodies pool by name: what would hold the event loop. */
export { decodeTokens } from './decode-tokens.js'
export { prepareChatBody } from './prepare-chat-body.js'
export { prepareEmbeddings } from './prepare-embeddings.js'
export { prepareImageEdit } from './prepare-image-edit.js'
export { prepareRerank } from './prepare-rerank.js'
export { takeOutParameter } from './take-out-parameter.js'
