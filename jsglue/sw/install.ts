/** The worker's side as a whole: everything that happens in the first synchronous run. */

import { installInterfaces } from '../shared/install';
import { installPermissions } from '../shared/permissions';
import type { Done } from '../shared/routes';
import { wrapUnregister } from '../shared/unregister';
import { makeContext } from './context';
import { EVENTS, installEvents } from './events';
import { listenForFetches } from './fetches';
import { deleteLeftovers } from './leftovers';
import { listenForMessages } from './messages';
import { refuseRequests, reportNativeEvents } from './native';
import { keepOwnCaches } from '../shared/own-caches';
import type { WorkerOptions } from './options';
import { Composition } from './composition';
import { defineServe } from './serve';
import { closeAllShown, listenForClicks } from './shown';
import { cacheProgram, deleteOtherPrograms } from './wasm';
import { worker } from './worker';

/** Set on the global object, so that a second copy of the script does nothing. */
const INSTALLED = Symbol.for('background-fetch-wasm');

/**
 * Installs the API in this worker. To be called in the worker's first synchronous
 * run, before the site adds its own listeners. Where the browser has the API
 * itself, nothing happens, unless `options.native` is 'never'; nor in a browser
 * that lacks what we stand on, but for a warning.
 *
 * @param scriptURL URL of the script that bgfetch.wasm lies beside.
 */
export function installWorker(options: WorkerOptions, scriptURL: string): void {
  if (INSTALLED in worker) return;
  const hasNative = 'BackgroundFetchManager' in worker;
  if (hasNative && options.native !== 'never') return refuseRequests();
  const missing = (['WebAssembly', 'indexedDB', 'caches'] as const).find((name) => !worker[name]);
  if (missing || !navigator.locks) {
    console.warn(`Background Fetch is not available: there is no ${missing ?? 'navigator.locks'} here.`);
    return;
  }
  const context = makeContext(worker.registration.scope, scriptURL, options);
  Object.defineProperty(worker, INSTALLED, { value: true });

  const composition = new Composition(context, options);
  const { activeWorker, lifetime, program, served, transport, watchers } = composition;

  installInterfaces(worker, () => transport);
  installEvents();
  keepOwnCaches();
  installPermissions(async () => context.permission);
  if (hasNative) reportNativeEvents(EVENTS);

  const forgotten = () => forget(composition);
  wrapUnregister(
    ({ scope }) =>
      async () =>
        void (scope === context.scope && (await forgotten())),
  );

  listenForMessages(program, watchers, lifetime, activeWorker, {
    'GET permission': async () => ({ state: context.permission }),
    'POST unregister': forgotten,
  });
  listenForClicks(transport, watchers, lifetime, (uniqueId) => caches.has(context.cachePrefix + uniqueId));
  defineServe(context, program, served, activeWorker);
  listenForFetches(context, program, served, lifetime, activeWorker);
  listenForLife(composition);
}

/** Nothing of this registration is to be found by the next one, which may be this worker again. */
async function forget({ context, lifetime, lock, program, watchers }: Composition): Promise<Done> {
  lifetime.setActive(0);
  const cleared = Promise.all([deleteLeftovers(context, lock), closeAllShown()]);
  program.end('The registration was unregistered.', cleared);
  await Promise.all([cleared, watchers.lose()]);
  return {};
}

/** The events of the worker itself, and those that give it time to work. */
function listenForLife({ activeWorker, context, lifetime, lock, sync }: Composition): void {
  worker.addEventListener('install', (event) => {
    activeWorker.installing();
    const isFirst = worker.registration.active === null;
    event.waitUntil(Promise.all([isFirst && deleteLeftovers(context, lock), cacheProgram(context)]));
  });
  worker.addEventListener('activate', (event) => {
    activeWorker.active();
    // Fetches and messages of pages wait until this event is over: work must not hold it.
    event.waitUntil(deleteOtherPrograms(context));
    lifetime.resume().catch(() => {});
  });
  for (const type of ['push', 'periodicsync', 'notificationclick']) {
    worker.addEventListener(type, (event) => void lifetime.hold(event as ExtendableEvent));
  }
  worker.addEventListener('sync', (event) => sync.handle(event as ExtendableEvent, lifetime));
}
