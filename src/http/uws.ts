import type { us_listen_socket } from 'uWebSockets.js'

// Read once, when the library is loaded: the default of 4096 bytes for all headers is too little for a forwarded JWT.
process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= '16384'
const uws = await import('uWebSockets.js')
// The `uWebSockets: 20` response header tells clients nothing they need.
const { _cfg: configure } = uws as unknown as { _cfg: (option: string) => void }
configure('silent')

export const createApp = uws.App
export const localPort = uws.us_socket_local_port as (socket: us_listen_socket) => number
/** Stops accepting; running responses finish. */
export const stopListening = uws.us_listen_socket_close
/** Without it several processes share a port that is not 0, silently (`SO_REUSEPORT`). */
export const EXCLUSIVE_PORT = 1
