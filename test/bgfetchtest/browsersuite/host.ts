/**
 * The host of the suite of bgfetch.Network: what the service worker gives the program for its transfers
 * and what they store.
 */

import { createCache, deleteCache, deleteKeys, digest, keys, namesWithPrefix, read } from '../../../jsglue/sw/bodies';
import type { HostConfig } from '../../../jsglue/sw/host';
import { HostCalls, type Implementations } from '../../../jsglue/sw/hostcalls';
import { reachable } from '../../../jsglue/sw/network';
import { Transfers } from '../../../jsglue/sw/transfers';
import { worker } from '../../../jsglue/sw/worker';

const transfers = new Transfers();

const methods: Partial<Implementations> = {
  open: (args, signal) => transfers.open(args, signal),
  save: (args, signal, give) => transfers.save(args, signal, give),
  stored: (args, signal) => transfers.stored(args, signal),
  compare: (args, signal) => transfers.compare(args, signal),
  sent: (args) => transfers.sent(args),
  stop: (args) => transfers.stop(args),
  close: (args) => transfers.close(args),
  reachable,
  createCache,
  deleteCache: (args) => {
    transfers.forgetCache(args.cache);
    return deleteCache(args);
  },
  deleteKeys,
  keys,
  read,
  digest,
  cacheNames: namesWithPrefix,
};

const config: Partial<HostConfig> = {
  scope: worker.registration.scope,
  cachePrefix: 'network-suite:',
  keptPrefix: 'network-suite-kept:',
};

Object.assign(worker, { bgfetchHost: new HostCalls(JSON.stringify(config), methods as Implementations) });
