/** Which registration a list or a log is about, and who knows its background fetches. */

import { requestOf } from '../page/exchange';
import { within } from '../shared/deadline';
import { isNative } from '../shared/native';
import { NativeSource } from './native';
import { type Source, WorkerSource } from './source';

/** The registration for a URL relative to the document; "" is that of the document itself. */
export async function registrationOf(scope: string): Promise<ServiceWorkerRegistration | undefined> {
  return navigator.serviceWorker?.getRegistration(new URL(scope, document.baseURI));
}

/**
 * A realm with the browser's own may still have a worker with ours, which alone
 * can tell; a worker that has nothing of ours does not answer.
 */
export async function sourceOf(registration: ServiceWorkerRegistration): Promise<Source> {
  if (!isNative()) return new WorkerSource(registration);
  const answer = requestOf(registration, 'GET', 'fetches').catch(() => undefined);
  const reply = await within(answer, SILENCE_MS);
  return reply && reply.status < 400 ? new WorkerSource(registration) : new NativeSource(registration);
}

const SILENCE_MS = 3000;
