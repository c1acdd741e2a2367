/** Every route of the contract. `api` routes stand under each prefix and need a key. */
const ROUTES = {
  models: { method: 'GET', path: '/models', api: true },
  model: { method: 'GET', path: '/models/{id}', api: true },
  chat: { method: 'POST', path: '/chat/completions', api: true },
  embeddings: { method: 'POST', path: '/embeddings', api: true },
  rerank: { method: 'POST', path: '/rerank', api: true },
  imageGenerations: { method: 'POST', path: '/images/generations', api: true },
  imageEdits: { method: 'POST', path: '/images/edits', api: true },
  root: { method: 'GET', path: '/', api: false },
  healthz: { method: 'GET', path: '/healthz', api: false },
  readyz: { method: 'GET', path: '/readyz', api: false },
  version: { method: 'GET', path: '/version', api: false },
} as const satisfies Record<string, { method: string; path: string; api: boolean }>

export type RouteName = keyof typeof ROUTES

export type RouteMatch =
  | {
      readonly type: 'route'
      readonly name: RouteName
      readonly api: boolean
      /** The route's own path with its prefix, for logs: `/v1/models/{id}`. */
      readonly pattern: string
      /** `{id}`, decoded; empty where the route has none. */
      readonly id: string
    }
  | { readonly type: 'method-not-allowed'; readonly allow: string; readonly pattern: string }
  | { readonly type: 'not-found' }

const ID_SUFFIX = '/{id}'

/** Finds a route by method and raw path (no query). Doubled slashes count as one. `HEAD` stands for `GET`. */
export function createRouter(prefixes: readonly string[]) {
  const exact = new Map<string, { name: RouteName; pattern: string }>()
  const withId: { start: string; name: RouteName; pattern: string }[] = []
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, (typeof ROUTES)[RouteName]][]) {
    for (const prefix of route.api ? prefixes : ['']) {
      const pattern = prefix + route.path
      if (pattern.endsWith(ID_SUFFIX)) withId.push({ start: pattern.slice(0, -4), name, pattern })
      else exact.set(pattern, { name, pattern })
    }
  }

  function find(path: string): { name: RouteName; pattern: string; id: string } | null {
    const found = exact.get(path)
    if (found !== undefined) return { ...found, id: '' }
    for (const { start, name, pattern } of withId) {
      if (path.length > start.length && path.startsWith(start))
        return { name, pattern, id: decodeId(path.slice(start.length)) }
    }
    return null
  }

  return function matchRoute(method: string, rawPath: string): RouteMatch {
    const path = rawPath.includes('//') ? rawPath.replace(/\/{2,}/g, '/') : rawPath
    const found = find(path) ?? (path.endsWith('/') ? find(path.slice(0, -1)) : null)
    if (found === null) return { type: 'not-found' }
    const route = ROUTES[found.name]
    if (method === route.method || (method === 'HEAD' && route.method === 'GET')) {
      return { type: 'route', name: found.name, api: route.api, pattern: found.pattern, id: found.id }
    }
    return {
      type: 'method-not-allowed',
      allow: route.method === 'GET' ? 'GET, HEAD' : route.method,
      pattern: found.pattern,
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
