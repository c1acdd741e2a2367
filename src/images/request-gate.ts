import { GatewayError } from '../errors.js'

/** Lets so many image requests in at once: each may hold a body, replies and pictures of many megabytes. */
export interface RequestGate {
  /** Returns what to call once when the request is over. Throws 503 where there is no room. */
  enter(): () => void
}

export function createRequestGate(requestsMax: number): RequestGate {
  let inside = 0
  return {
    enter() {
      if (inside >= requestsMax) {
        throw new GatewayError(
          'overloaded',
          `This gateway makes images for ${requestsMax} requests at once (BEDROCKD_IMAGE_REQUESTS_MAX).`,
        )
      }
      inside += 1
      return () => {
        inside -= 1
      }
    },
  }
}
