/** Request and response bodies in the Cache API. */

import { room } from '../shared/quota';
import { storeRequestBody } from '../shared/request-body';
import { cacheKey } from './cache-key';
import { cacheNames } from './context';
import type { Handles } from './handles';
import type { HostMethods, StoredRange } from './host';
import type { Give } from './hostcalls';
import { HostFailure } from './hosterror';
import { deleteOwnCache } from '../shared/own-caches';
import { knownKeys } from './known-keys';

type Args<M extends keyof HostMethods> = HostMethods[M][0];

export async function createCache({ cache }: Args<'createCache'>): Promise<null> {
  await knownKeys.make(cache);
  await caches.open(cache);
  return null;
}

export async function saveRequestBody(handles: Handles, { cache, key, handle }: Args<'saveRequestBody'>) {
  const body = handles.get(handle);
  const opened = await caches.open(cache);
  try {
    await storeRequestBody(opened, key, body);
  } catch (error) {
    // All is deleted where one does not fit. In Chromium the room of a deleted cache stays taken for a while, that of entries does not.
    const entries = await opened.keys();
    await Promise.all(entries.map((entry) => opened.delete(entry)));
    throw error;
  }
  return { size: body.size };
}

export function keys({ cache, all }: Args<'keys'>): Promise<string[]> {
  return knownKeys.list(cache, all);
}

export async function read({ cache, key }: Args<'read'>, signal: AbortSignal, give: Give): Promise<null> {
  const entry = await caches.match(cacheKey(key), { cacheName: cache });
  if (!entry?.body) throw new HostFailure('lost', `There is no entry ${key} in the cache ${cache}.`);
  const reader = entry.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return null;
    if (signal.aborted) {
      await reader.cancel();
      throw new HostFailure('stopped', 'The call was cancelled.');
    }
    give(value);
  }
}

export async function digest({ cache, stored, algorithm }: Args<'digest'>): Promise<string> {
  // open() would make an absent cache.
  if (!(await caches.has(cache))) throw new HostFailure('lost', `There is no cache ${cache}.`);
  return digestOf(algorithm, await storedBytes(await caches.open(cache), stored));
}

/** In base64. The algorithm has its name in Subresource Integrity, such as "sha256". */
export async function digestOf(algorithm: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const sum = await crypto.subtle.digest(`SHA-${algorithm.slice('sha'.length)}`, bytes);
  return btoa(String.fromCharCode(...new Uint8Array(sum)));
}

/** The bytes of the ranges, one after the other, length of them at most. */
export async function storedBytes(cache: Cache, ranges: StoredRange[], length = Infinity): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Blob[] = [];
  let missing = length;
  for (const { key, offset, length: whole } of ranges) {
    const wanted = Math.min(whole, missing);
    if (wanted === 0) break;
    const entry = await (await cache.match(cacheKey(key)))?.blob();
    const part = entry?.slice(offset, offset + wanted);
    if (part?.size !== wanted) throw new HostFailure('lost', `The entry ${key} is not there, or too short.`);
    parts.push(part);
    missing -= wanted;
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

export async function deleteKeys({ cache, keys }: Args<'deleteKeys'>): Promise<null> {
  if (keys.length === 0 || !(await caches.has(cache))) return null;
  const before = await free();
  const opened = await caches.open(cache);
  await Promise.all(keys.map((key) => opened.delete(cacheKey(key))));
  knownKeys.delete(cache, keys);
  await freed(before);
  return null;
}

/** Where there is more room than that, nobody waits for a deletion. */
const PLENTY = 1 << 30;
const FREED_WITHIN_MS = 1000;
const FREED_POLL_MS = 50;

async function free(): Promise<number | null> {
  return (await room())?.free ?? null;
}

/** Resolves when there is more room than before, and no more is coming: Firefox frees it some time after the deletion. */
async function freed(before: number | null): Promise<void> {
  if (before === null || before > PLENTY) return;
  const until = performance.now() + FREED_WITHIN_MS;
  for (let last = before; performance.now() < until; ) {
    const now = (await free()) ?? before;
    if (now > before && now === last) return;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, FREED_POLL_MS));
  }
}

export async function deleteCache({ cache }: Args<'deleteCache'>): Promise<null> {
  knownKeys.forget(cache);
  await deleteOwnCache(cache);
  return null;
}

export function namesWithPrefix({ prefix }: Args<'cacheNames'>): Promise<string[]> {
  return cacheNames(prefix);
}
