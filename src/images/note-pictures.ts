import type { Exchange, PictureKind } from '../http/exchange.js'

/** Notes that so many more pictures were put into the reply, for the log and the counters. */
export function notePictures({ facts }: Pick<Exchange, 'facts'>, kind: PictureKind, count: number): void {
  facts.pictures = { kind, count: (facts.pictures?.count ?? 0) + count }
}
