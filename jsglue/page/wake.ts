/**
 * Opening a page is enough for unfinished work to go on. The caches that hold
 * the bodies are its cheap sign: while a registration has one, its worker is
 * kept awake, whether or not this page looks at the background fetch. Workers
 * without that sign get no message of ours.
 */

import { WATCH_INTERVAL_MS } from '../shared/protocol';
import { transportOf } from './transport';

/** The worker's HostConfig.cachePrefix, before the scope. */
const CACHE_PREFIX = 'bgfetch:data:';

/** Looks now, and again for as long as it finds something. */
export async function wakeWorkers(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(CACHE_PREFIX));
  const registrations = await navigator.serviceWorker.getRegistrations();
  let found = false;
  for (const registration of registrations) {
    const hasWork = names.some((name) => belongsTo(name, registration.scope));
    if (registration.active) transportOf(registration).keepAwake(hasWork);
    found ||= hasWork;
  }
  if (found) setTimeout(() => void wakeWorkers().catch(() => {}), WATCH_INTERVAL_MS);
}

/** The unique id follows the scope and a colon; more than that is a scope that begins alike. */
function belongsTo(cacheName: string, scope: string): boolean {
  const prefix = `${CACHE_PREFIX}${scope}:`;
  return cacheName.startsWith(prefix) && !/[/:]/.test(cacheName.slice(prefix.length));
}
