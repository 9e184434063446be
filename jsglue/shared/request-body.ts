/**
 * Request bodies in the Cache API. A large one is cut into parts, one entry each:
 * browsers hold an entry in memory, some more than once, while it is put or read.
 */

import { PART_BYTES } from './protocol';
import { cachedEntry } from './stored-body';

/** A Blob, or one that is elsewhere. */
export interface BodyParts {
  readonly size: number;
  slice(start: number, end: number): Blob | Promise<Blob>;
}

/** Where the part at that offset lies; the first one under the key itself. */
function partKey(key: string, offset: number): string {
  return offset === 0 ? key : `${key}/${offset}`;
}

export async function storeRequestBody(cache: Cache, key: string, body: BodyParts): Promise<void> {
  for (let offset = 0; offset === 0 || offset < body.size; offset += PART_BYTES) {
    const url = new URL(partKey(key, offset), globalThis.location.origin);
    await cache.put(new Request(url), new Response(await body.slice(offset, offset + PART_BYTES)));
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
