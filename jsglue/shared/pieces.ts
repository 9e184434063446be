/** `options.pieces` of fetch(), an addition to the standard: hashes of the pieces of bodies. */

import { refuse } from './refuse';
import { resolveURL } from './resolve-url';
import { toDictionary, toDOMString, toSequence } from './webidl';

/** Hashes of the pieces of a body. wasm/digest/pieces.go knows which are well formed. */
export interface Pieces {
  /** Bytes of each piece but the last. */
  length: number;
  /** One for each piece, such as "sha256-…", in the form of Request.integrity. */
  hashes: string[];
}

/** The pieces by URL. Throws a TypeError that names the member which is wrong. */
export function toPieces(value: unknown): Map<string, Pieces> {
  const byURL = new Map<string, Pieces>();
  for (const [key, member] of Object.entries(toDictionary(value, 'options.pieces'))) {
    const what = `options.pieces[${JSON.stringify(key)}]`;
    const { hashes, length } = toDictionary(member, what);
    const parsed = toSequence(hashes, `${what}.hashes`, toDOMString);
    if (!Number.isSafeInteger(length)) refuse(`${what}.length`, 'a whole number', length);
    const url = resolveURL(key);
    if (!url) throw new TypeError(`${what} is not keyed by a URL.`);
    byURL.set(url, { length: length as number, hashes: parsed });
  }
  return byURL;
}

/** Throws a TypeError for pieces of what is not requested. */
export function checkPieces(pieces: Map<string, Pieces>, requests: Request[]): void {
  const requested = new Set(requests.map(({ url }) => url));
  for (const url of pieces.keys()) {
    if (!requested.has(url)) throw new TypeError(`options.pieces[${JSON.stringify(url)}] matches no request.`);
  }
}
