/** Page and worker compare the versions that they are of. */

import { differenceOf, VERSION } from '../shared/version';

/** page.js and list.js may both be in the page: it is said once. */
const SAID = Symbol.for('background-fetch-wasm versions');

/** To be called with the version that a worker names. Another one than ours is an error in the console. */
export function meet({ scriptURL }: ServiceWorker, version: string): void {
  if (version === VERSION) return;
  const said = ((globalThis as { [SAID]?: Set<string> })[SAID] ??= new Set());
  const difference = differenceOf(VERSION, version, scriptURL);
  if (!said.has(difference)) console.error(difference);
  said.add(difference);
}
