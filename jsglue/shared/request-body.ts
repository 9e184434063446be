/**
 * Request bodies in the Cache API. A large one is cut into parts, one entry each:
 * browsers hold an entry in memory, some more than once, while it is put or read.
 */

import { cachedEntry } from './stored-body';

const PART_BYTES = 16 * 2 ** 20;

/** Where the part at that offset lies; the first one under the key itself. */
function partKey(key: string, offset: number): string {
  return offset === 0 ? key : `${key}/${offset}`;
}

export async function storeRequestBody(cache: Cache, key: string, body: Blob): Promise<void> {
  for (let offset = 0; offset === 0 || offset < body.size; offset += PART_BYTES) {
    const url = new URL(partKey(key, offset), globalThis.location.origin);
    await cache.put(new Request(url), new Response(body.slice(offset, offset + PART_BYTES)));
  }
}

/** Without a type. Throws a TypeError when a part is gone. */
export async function storedRequestBody(cache: Cache, key: string, size: number): Promise<Blob> {
  const parts: Blob[] = [];
  for (let offset = 0; offset < size; offset += PART_BYTES) {
    parts.push(await (await cachedEntry(cache, partKey(key, offset))).blob());
  }
  return new Blob(parts);
}
