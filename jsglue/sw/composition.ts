/** What the worker's side is made of. */

import { ActiveWorker } from './active-worker';
import { createCache, deleteCache, deleteKeys, digest, keys, namesWithPrefix, read, saveRequestBody } from './bodies';
import type { WorkerContext } from './context';
import { dispatch } from './dispatch';
import { evict } from './evict';
import { Handles } from './handles';
import { room } from '../shared/quota';
import type { Implementations } from './hostcalls';
import { Lifetime } from './lifetime';
import { EngineLock } from './lock';
import { metered, reachable, waitChange, waitMetered, waitOnline } from './network';
import type { WorkerOptions } from './options';
import { Program } from './program';
import { refresh } from './refresh';
import { Served } from './served';
import { closeShown, show } from './shown';
import { Sync } from './sync';
import { tellSite } from './telemetry';
import { texts } from './texts';
import { trace } from './trace';
import type { Transfers } from './transfers';
import { LocalTransport } from './transport';
import { Watchers } from './watchers';

/** Each is made of those before it; what it needs of a later one it asks for when that is there. */
export class Composition {
  readonly context: WorkerContext;
  readonly activeWorker = new ActiveWorker();
  readonly handles = new Handles();
  readonly watchers = new Watchers();
  readonly sync = new Sync();
  readonly lock: EngineLock;
  readonly lifetime: Lifetime;
  readonly program: Program;
  readonly transport: LocalTransport;
  readonly served: Served;
  /** Those of the last program. */
  #transfers: Transfers | undefined;

  constructor(context: WorkerContext, options: WorkerOptions) {
    this.context = context;
    this.lock = new EngineLock(context.lock, () => this.#retire());
    const mayEnd = () => !this.#transfers?.isSendingOnce;
    this.lifetime = new Lifetime(context, this.activeWorker, () => this.program.start(), mayEnd);
    const methods = (transfers: Transfers): Implementations => {
      this.#transfers = transfers;
      this.watchers.forget(); // what a program before this one said
      return hostMethods(this, options, transfers);
    };
    this.program = new Program(context, this.activeWorker, this.lock, this.handles, methods, () => this.lifetime.busy);
    this.transport = new LocalTransport(this.program, this.activeWorker, this.watchers.groups);
    this.served = new Served(this.transport);
  }

  /** Another worker has the lock. */
  async #retire(): Promise<void> {
    this.lifetime.setActive(0);
    await this.program.retire();
  }
}

/** What the program may call, over these transfers. */
function hostMethods(composition: Composition, options: WorkerOptions, transfers: Transfers): Implementations {
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
    waitChange,
    reachable,
    saveRequestBody: (args) => saveRequestBody(composition.handles, args),
    keys,
    read,
    digest,
    deleteKeys,
    createCache,
    deleteCache: (args) => {
      transfers.forgetCache(args.cache);
      return deleteCache(args);
    },
    room,
    cacheNames: namesWithPrefix,
    update: async (args) => {
      composition.sync.see(args.snapshots);
      await composition.served.hold(args.snapshots);
      return composition.watchers.update(args);
    },
    dispatch: (args, signal) => dispatch(composition.transport, args, signal),
    evict: (args) => evict(args, (uniqueId) => composition.served.isSent(uniqueId)),
    refresh: (args, signal) => refresh(composition.transport, args, signal),
    active: async ({ count }) => {
      composition.lifetime.setActive(count);
      return null;
    },
    show,
    closeShown,
    texts: (args) => texts(composition.context, args),
    log: trace,
    logBatch: (batch) => tellSite(options, batch),
  };
}
