import type { Credentials } from './sigv4.js'

/** What the worker is asked for. */
export interface RuntimeAccessRequest {
  readonly regions: readonly string[]
  /** False with a bearer token: the provider chain is not asked at all. */
  readonly credentials: boolean
}

/** The same, as the worker gets it. */
export interface RuntimeAccessTask extends RuntimeAccessRequest {
  /** The search for credentials ends by then: a process or a network that hangs must not end all later ones. */
  readonly deadlineMs: number
}

/** What the worker found; plain data. */
export interface RuntimeAccess {
  /** Base URL by region, without a trailing slash. */
  readonly endpoints: Readonly<Record<string, string>>
  /** The same for bedrock-mantle; a region is missing where it must not be used (`AWS_USE_FIPS_ENDPOINT`). */
  readonly mantleEndpoints: Readonly<Record<string, string>>
  readonly credentials: (Credentials & { readonly expiresAtMs: number | null }) | null
  /** Why there are no credentials, in the SDK's words; null: there are some, or none were asked for. */
  readonly problem: string | null
}
