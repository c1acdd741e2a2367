/**
 * Client options that reach the credential chain: read `~/.aws` files anew each time. The SDK otherwise keeps the first
 * reading for the life of the thread, also that there was no such file. (Not in its types; @smithy/core 3.41.)
 */
export const FRESH_FILES: object = { ignoreCache: true }
