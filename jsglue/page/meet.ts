/** What the page says of its worker: page and worker compare the versions that they are of. */

import { differenceOf, VERSION } from '../shared/version';

/** page.js and list.js may both be in the page: it is said once. */
const SAID = Symbol.for('background-fetch-wasm said');

/** An error in the console. */
export function sayOnce(text: string): void {
  const said = ((globalThis as { [SAID]?: Set<string> })[SAID] ??= new Set());
  if (!said.has(text)) console.error(text);
  said.add(text);
}

/** To be called with the version that a worker names. Another one than ours is an error in the console. */
export function meet({ scriptURL }: ServiceWorker, version: string): void {
  if (version !== VERSION) sayOnce(differenceOf(VERSION, version, scriptURL));
}
