/**
 * The page's end of the wire: messages to the active worker of a registration,
 * each with a port for what comes back. What is watched is told over and over.
 */

import { tellGroups } from '../shared/group';
import { loseInstances, tellGone, tellInstances } from '../shared/instances';
import type { Method, RequestBodies } from '../shared/protocol';
import type { Groups, Reply, Transport } from '../shared/transport';
import { requestOf } from './exchange';
import { checkPolicy } from './policy';
import { Watch } from './watch';

const transports = new WeakMap<ServiceWorkerRegistration, PortTransport>();

/** The one transport of a registration. */
export function transportOf(registration: ServiceWorkerRegistration): PortTransport {
  let transport = transports.get(registration);
  if (!transport) transports.set(registration, (transport = new PortTransport(registration)));
  return transport;
}

export class PortTransport implements Transport {
  #registration: ServiceWorkerRegistration;
  readonly groups: Groups = new Map();
  #watched = new Set<string>();
  #keptAwake = false;
  #watch: Watch;

  constructor(registration: ServiceWorkerRegistration) {
    this.#registration = registration;
    this.#watch = new Watch(registration, {
      groups: this.groups,
      uniqueIds: () => this.watched,
      hear: async ({ snapshots, groups, gone }) => {
        tellGroups(this.groups, groups);
        await tellInstances(snapshots);
        if (gone?.length) void tellGone(gone);
      },
      lost: () => {
        this.#keptAwake = false;
        loseInstances(this.watched);
        this.#stopIfIdle();
      },
    });
  }

  checkPolicy = checkPolicy;

  /** The unique ids of the background fetches that objects of this realm stand for. */
  get watched(): string[] {
    return [...this.#watched];
  }

  hasActiveWorker(): boolean {
    return this.#registration.active !== null;
  }

  request(method: Method, path: string, body?: unknown, bodies?: RequestBodies): Promise<Reply> {
    return requestOf(this.#registration, method, path, body, bodies);
  }

  watch(uniqueId: string): void {
    if (this.#watched.has(uniqueId)) return;
    this.#watched.add(uniqueId);
    // Of many that begin at once each would ask about all.
    this.#watch.renewSoon([uniqueId]);
  }

  unwatch(uniqueId: string): void {
    this.#watched.delete(uniqueId);
    this.#stopIfIdle();
  }

  watchGroup(): void {
    this.#watch.renewSoon([]);
  }

  /** Keep the worker at work that no object of this page stands for. */
  keepAwake(wanted: boolean): void {
    if (wanted === this.#keptAwake) return;
    this.#keptAwake = wanted;
    if (wanted) this.#watch.renewSoon([]);
    else this.#stopIfIdle();
  }

  #stopIfIdle(): void {
    if (this.#watched.size + this.groups.size === 0 && !this.#keptAwake) this.#watch.stop();
  }
}
