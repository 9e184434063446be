/** The worker's side as a whole: everything that happens in the first synchronous run. */

import { installInterfaces } from '../shared/install';
import { installPermissions } from '../shared/permissions';
import { room } from '../shared/quota';
import type { Done } from '../shared/routes';
import { wrapUnregister } from '../shared/unregister';
import { Activity } from './activity';
import { createCache, deleteCache, deleteKeys, Handles, keys, namesWithPrefix, read, saveRequestBody } from './bodies';
import { makeContext, type WorkerOptions } from './context';
import { dispatch } from './dispatch';
import { EVENTS, installEvents } from './events';
import { listenForFetches } from './fetches';
import type { Implementations } from './hostcalls';
import { deleteLeftovers } from './leftovers';
import { Lifetime } from './lifetime';
import { EngineLock } from './lock';
import { listenForMessages } from './messages';
import { refuseRequests, reportNativeEvents } from './native';
import { metered, reachable, waitMetered, waitOnline } from './network';
import { keepOwnCaches } from '../shared/own-caches';
import { Program } from './program';
import { Served } from './served';
import { defineServe } from './serve';
import { closeAllShown, closeShown, listenForClicks, show } from './shown';
import type { Transfers } from './transfers';
import { trace } from './trace';
import { LocalTransport } from './transport';
import { cacheProgram, deleteOtherPrograms } from './wasm';
import { Watchers } from './watchers';
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
    console.warn(`Background Fetch is not available: there is no ${missing ?? 'navigator.locks'} in this worker.`);
    return;
  }
  const context = makeContext(worker.registration.scope, scriptURL, options);
  Object.defineProperty(worker, INSTALLED, { value: true });

  const activity = new Activity();
  const handles = new Handles();
  const watchers = new Watchers();
  const lock = new EngineLock(context.lock, async () => {
    lifetime.setActive(0);
    await program.retire();
  });
  const lifetime = new Lifetime(context, activity, () => program.start());
  const methods = (transfers: Transfers): Implementations => {
    watchers.forget();
    return {
      open: (args, signal) => transfers.open(args, signal),
      save: (args, signal, give) => transfers.save(args, signal, give),
      stored: (args, signal) => transfers.stored(args, signal),
      compare: (args, signal) => transfers.compare(args, signal),
      sent: (args) => transfers.sent(args),
      stop: (args) => transfers.stop(args),
      close: (args) => transfers.close(args),
      waitOnline,
      metered,
      waitMetered,
      reachable,
      saveRequestBody: (args) => saveRequestBody(handles, args),
      keys,
      read,
      deleteKeys,
      createCache,
      deleteCache: (args) => {
        transfers.forgetCache(args.cache);
        return deleteCache(args);
      },
      room,
      cacheNames: namesWithPrefix,
      update: async (args) => {
        await served.hold(args.snapshots);
        return watchers.update(args);
      },
      dispatch: (args, signal) => dispatch(transport, args, signal),
      active: async ({ count }) => {
        lifetime.setActive(count);
        return null;
      },
      show,
      closeShown,
      log: trace,
    };
  };
  const program = new Program(context, activity, lock, handles, methods, () => lifetime.busy);
  const transport = new LocalTransport(program, activity);
  const served = new Served(transport);

  installInterfaces(worker, () => transport);
  installEvents();
  keepOwnCaches();
  installPermissions(async () => context.permission);
  if (hasNative) reportNativeEvents(EVENTS);

  /** Nothing of this registration is to be found by the next one, which may be this worker again. */
  const forget = async (): Promise<Done> => {
    lifetime.setActive(0);
    const cleared = Promise.all([deleteLeftovers(context, lock), closeAllShown()]);
    program.end('The registration was unregistered.', cleared);
    await Promise.all([cleared, watchers.lose()]);
    return {};
  };
  wrapUnregister(
    ({ scope }) =>
      async () =>
        void (scope === context.scope && (await forget())),
  );

  listenForMessages(program, watchers, lifetime, activity, {
    'GET permission': async () => ({ state: context.permission }),
    'POST unregister': forget,
  });
  listenForClicks(transport, watchers, lifetime, (uniqueId) => caches.has(context.cachePrefix + uniqueId));
  defineServe(context, program, served, activity);
  listenForFetches(context, program, served, lifetime, activity);
  worker.addEventListener('install', (event) => {
    activity.installing();
    const isFirst = worker.registration.active === null;
    event.waitUntil(Promise.all([isFirst && deleteLeftovers(context, lock), cacheProgram(context)]));
  });
  worker.addEventListener('activate', (event) => {
    activity.active();
    // Fetches and messages of pages wait until this event is over: work must not hold it.
    event.waitUntil(deleteOtherPrograms(context));
    lifetime.resume().catch(() => {});
  });
  for (const type of ['push', 'sync', 'periodicsync', 'notificationclick']) {
    worker.addEventListener(type, (event) => lifetime.hold(event as ExtendableEvent));
  }
}
