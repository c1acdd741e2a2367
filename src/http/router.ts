/** Who may ask: `keyed` routes stand under each prefix and need a key, `prefixed` ones need none, `bare` ones have neither. */
type Access = 'keyed' | 'prefixed' | 'bare'

/** Every route of the contract. */
const ROUTES = {
  models: { method: 'GET', path: '/models', access: 'keyed' },
  model: { method: 'GET', path: '/models/{id}', access: 'keyed' },
  chat: { method: 'POST', path: '/chat/completions', access: 'keyed' },
  embeddings: { method: 'POST', path: '/embeddings', access: 'keyed' },
  rerank: { method: 'POST', path: '/rerank', access: 'keyed' },
  imageGenerations: { method: 'POST', path: '/images/generations', access: 'keyed' },
  imageEdits: { method: 'POST', path: '/images/edits', access: 'keyed' },
  // Its id is the secret: browsers and Open WebUI fetch it without a key.
  imageFile: { method: 'GET', path: '/images/files/{id}', access: 'prefixed' },
  root: { method: 'GET', path: '/', access: 'bare' },
  healthz: { method: 'GET', path: '/healthz', access: 'bare' },
  readyz: { method: 'GET', path: '/readyz', access: 'bare' },
  version: { method: 'GET', path: '/version', access: 'bare' },
} as const satisfies Record<string, { method: string; path: string; access: Access }>

export type RouteName = keyof typeof ROUTES

export type RouteMatch =
  | {
      readonly type: 'route'
      readonly name: RouteName
      readonly needsKey: boolean
      /** What the route stands under: `/v1`; empty for a bare one. */
      readonly prefix: string
      /** The route's own path with its prefix, for logs: `/v1/models/{id}`. */
      readonly pattern: string
      /** `{id}`, decoded; empty where the route has none. */
      readonly id: string
    }
  | { readonly type: 'method-not-allowed'; readonly allow: string; readonly pattern: string }
  | { readonly type: 'not-found' }

interface Found {
  readonly name: RouteName
  readonly prefix: string
  readonly pattern: string
}

const ID_SUFFIX = '/{id}'

/** Finds a route by method and raw path (no query). Doubled slashes count as one. `HEAD` stands for `GET`. */
export function createRouter(prefixes: readonly string[]) {
  const exact = new Map<string, Found & { readonly id: '' }>()
  const withId: (Found & { readonly start: string })[] = []
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, (typeof ROUTES)[RouteName]][]) {
    for (const prefix of route.access === 'bare' ? [''] : prefixes) {
      const pattern = prefix + route.path
      if (pattern.endsWith(ID_SUFFIX)) withId.push({ start: pattern.slice(0, -4), name, prefix, pattern })
      else exact.set(pattern, { name, prefix, pattern, id: '' })
    }
  }

  function find(path: string): (Found & { readonly id: string }) | null {
    const found = exact.get(path)
    if (found !== undefined) return found
    for (const { start, name, prefix, pattern } of withId) {
      if (path.length > start.length && path.startsWith(start))
        return { name, prefix, pattern, id: decodeId(path.slice(start.length)) }
    }
    return null
  }

  return function matchRoute(method: string, rawPath: string): RouteMatch {
    const path = rawPath.includes('//') ? rawPath.replace(/\/{2,}/g, '/') : rawPath
    const found = find(path) ?? (path.endsWith('/') ? find(path.slice(0, -1)) : null)
    if (found === null) return { type: 'not-found' }
    const { name, prefix, pattern, id } = found
    const route = ROUTES[name]
    if (method === route.method || (method === 'HEAD' && route.method === 'GET')) {
      return { type: 'route', name, prefix, pattern, id, needsKey: route.access === 'keyed' }
    }
    return {
      type: 'method-not-allowed',
      allow: route.method === 'GET' ? 'GET, HEAD' : route.method,
      pattern,
    }
  }
}

/** A model id in a path: an ARN's slashes may stand as they are or encoded. What can't be decoded is taken as it is. */
function decodeId(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
