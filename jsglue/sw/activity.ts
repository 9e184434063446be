/** Whether this worker is the registration's active one: the engine runs only there. */

import { worker } from './worker';

export class Activity {
  /** What the events so far say, for browsers without `self.serviceWorker` (Firefox). */
  #seen: 'installing' | 'active' | null = null;

  /** The install event came. */
  installing(): void {
    this.#seen = 'installing';
  }

  /** An event came that only active workers get. */
  active(): void {
    this.#seen = 'active';
  }

  /**
   * A waiting worker gets messages too (the site's "skip waiting"), and so does a
   * redundant one. Where nothing tells this worker from one that is waiting, no.
   */
  get isActive(): boolean {
    const { registration, serviceWorker } = worker as ServiceWorkerGlobalScope;
    if (serviceWorker) return serviceWorker.state === 'activating' || serviceWorker.state === 'activated';
    if (this.#seen) return this.#seen === 'active';
    return registration.active !== null && registration.waiting === null && registration.installing === null;
  }
}
