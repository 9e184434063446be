/**
 * Opening a page is enough for unfinished work to go on. The caches that hold
 * the bodies are its cheap sign: while a registration has one, its worker is
 * kept awake, whether or not this page looks at the background fetch. Workers
 * without that sign get no message of ours.
 */

import { WATCH_INTERVAL_MS } from '../shared/protocol';
import { hasWork } from '../shared/names';
import { transportOf } from './transport';

/** Looks now, and again for as long as it finds something. */
export async function wakeWorkers(): Promise<void> {
  const names = await caches.keys();
  const registrations = await navigator.serviceWorker.getRegistrations();
  let found = false;
  for (const registration of registrations) {
    const wanted = hasWork(names, registration.scope);
    if (registration.active) transportOf(registration).keepAwake(wanted);
    found ||= wanted;
  }
  if (found) setTimeout(() => void wakeWorkers().catch(() => {}), WATCH_INTERVAL_MS);
}
