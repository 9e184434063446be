/** The worker's side as a whole: everything that happens in the first synchronous run. */

import { installInterfaces } from '../shared/install';
import { Activity } from './activity';
import { createCache, deleteCache, deleteKeys, Handles, keys, namesWithPrefix, read, saveRequestBody } from './bodies';
import { makeContext, type WorkerOptions } from './context';
import { dispatch } from './dispatch';
import { installEvents } from './events';
import { listenForFetches } from './fetches';
import type { Implementations } from './hostcalls';
import { deleteLeftovers } from './leftovers';
import { Lifetime } from './lifetime';
import { EngineLock } from './lock';
import { listenForMessages } from './messages';
import { online, reachable, waitOnline } from './network';
import { Program } from './program';
import type { Transfers } from './transfers';
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
  if (INSTALLED in worker || ('BackgroundFetchManager' in worker && options.native !== 'never')) return;
  const missing = (['WebAssembly', 'indexedDB', 'caches'] as const).find((name) => !worker[name]);
  if (missing || !navigator.locks) {
    console.warn(`Background Fetch is not available: there is no ${missing ?? 'navigator.locks'} in this worker.`);
    return;
  }
  Object.defineProperty(worker, INSTALLED, { value: true });

  const context = makeContext(worker.registration.scope, scriptURL, options.wasmURL);
  const activity = new Activity();
  const handles = new Handles();
  const watchers = new Watchers();
  const lock = new EngineLock(context.lock, () => {
    program.retire();
    lifetime.setActive(0);
  });
  const lifetime = new Lifetime(context, activity, () => program.start());
  const methods = (transfers: Transfers): Implementations => ({
    open: (args, signal) => transfers.open(args, signal),
    save: (args, signal, give) => transfers.save(args, signal, give),
    stop: (args) => transfers.stop(args),
    close: (args) => transfers.close(args),
    online,
    waitOnline,
    reachable,
    saveRequestBody: (args) => saveRequestBody(handles, args),
    keys,
    read,
    deleteKeys,
    createCache,
    deleteCache,
    cacheNames: namesWithPrefix,
    update: (args) => watchers.update(args),
    dispatch: (args, signal) => dispatch(transport, args, signal),
    active: async ({ count }) => {
      lifetime.setActive(count);
      return null;
    },
  });
  const program = new Program(context, activity, lock, handles, methods, () => lifetime.busy);
  const transport = new LocalTransport(program);

  installInterfaces(worker, () => transport);
  installEvents();

  listenForMessages(program, watchers, lifetime, activity);
  listenForFetches(context, program, lifetime, activity);
  worker.addEventListener('install', (event) => {
    activity.installing();
    const isFirst = worker.registration.active === null;
    event.waitUntil(Promise.all([isFirst && deleteLeftovers(context, lock), cacheProgram(context)]));
  });
  worker.addEventListener('activate', (event) => {
    activity.active();
    lifetime.hold(event, deleteOtherPrograms(context));
  });
  for (const type of ['push', 'sync', 'periodicsync', 'notificationclick']) {
    worker.addEventListener(type, (event) => lifetime.hold(event as ExtendableEvent));
  }
}
