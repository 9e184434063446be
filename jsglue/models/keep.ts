/**
 * From the result of a download to its copy in the store. In between it is neither active nor
 * stored: an entry in a cache beside the store, made before it begins, tells that it will be.
 */

import { ID_PREFIX } from './ids';

const markers = (cacheName: string): Promise<Cache> => caches.open(`${cacheName}:pending`);

/** Held by the worker for as long as it copies. */
const copying = (cacheName: string, url: string): string => `${cacheName}:copying:${url}`;

export async function mark(cacheName: string, url: string): Promise<void> {
  await (await markers(cacheName)).put(url, new Response());
}

export async function unmark(cacheName: string, url: string): Promise<void> {
  await (await markers(cacheName)).delete(url, { ignoreVary: true });
}

export async function isMarked(cacheName: string, url: string): Promise<boolean> {
  return (await (await markers(cacheName)).match(url)) !== undefined;
}

export function isCopied(cacheName: string, url: string): Promise<boolean> {
  return navigator.locks.request(copying(cacheName, url), { ifAvailable: true, mode: 'shared' }, (lock) => !lock);
}

/** In the worker, when it has ended: stores what arrived. */
export async function keep(registration: BackgroundFetchRegistration, cacheName: string, succeeded: boolean): Promise<void> {
  const url = registration.id.slice(ID_PREFIX.length);
  await navigator.locks.request(copying(cacheName, url), async () => {
    if (succeeded) {
      const cache = await caches.open(cacheName);
      for (const record of await registration.matchAll()) await cache.put(record.request, await record.responseReady);
    }
    await unmark(cacheName, url);
  });
}
