/** The files with texts of other languages than English, which lie beside the program. */

import { PROGRAM_HASH, type WorkerContext } from './context';
import type { HostMethods } from './host';

/** From the cache of the program, which has it from the first time on. */
export async function texts({ programCache, wasmURL }: WorkerContext, { file }: HostMethods['texts'][0]) {
  const url = new URL(`${file}?v=${PROGRAM_HASH}`, wasmURL);
  const cache = await caches.open(programCache);
  const cached = await cache.match(url);
  const response = cached ?? (await fetch(url));
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  const copy = response.clone();
  const read: HostMethods['texts'][1] = await response.json();
  if (!cached) await cache.put(url, copy).catch(() => {});
  return read;
}
