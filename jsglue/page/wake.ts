/**
 * Opening a page is enough for unfinished work to go on. The caches that hold
 * the bodies are its cheap sign: while a registration has one, its worker is
 * kept awake, whether or not this page looks at the background fetch. Workers
 * without that sign get no message of ours.
 */

import { WATCH_INTERVAL_MS } from '../shared/protocol';
import { hasCache } from './caches';
import { transportOf } from './transport';

/** Looks now, and again for as long as it finds something. */
export async function wakeWorkers(): Promise<void> {
  const all = await caches.keys();
  // Those that are kept for good have an empty cache beside them, and are no work.
  const names = all.filter((name) => !all.includes(name.replace(':data:', ':kept:')));
  const registrations = await navigator.serviceWorker.getRegistrations();
  let found = false;
  for (const registration of registrations) {
    const hasWork = hasCache(names, 'data', registration.scope);
    if (registration.active) transportOf(registration).keepAwake(hasWork);
    found ||= hasWork;
  }
  if (found) setTimeout(() => void wakeWorkers().catch(() => {}), WATCH_INTERVAL_MS);
}
