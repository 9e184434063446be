/** Whether this worker is the registration's active one: the engine runs only there. */

import { worker } from './worker';

export class ActiveWorker {
  /** What the events so far say. */
  #seen: 'installing' | 'active' | null = null;
  #known!: () => void;
  /**
   * Resolves with the first event. Before it, while the script runs for the first
   * time, Firefox and WebKit do not tell a worker that is going to be installed
   * from the active one.
   */
  readonly known = new Promise<void>((resolve) => (this.#known = resolve));

  /** The install event came. */
  installing(): void {
    this.#seen = 'installing';
    this.#known();
  }

  /** An event came that only active workers get. */
  active(): void {
    this.#seen = 'active';
    this.#known();
  }

  /** Some other event came. */
  event(): void {
    this.#known();
  }

  /**
   * A waiting worker gets messages too (the site's "skip waiting"), and so does a
   * redundant one. Where nothing tells this worker from one that is waiting, no.
   */
  get isActive(): boolean {
    const { registration, serviceWorker } = worker as ServiceWorkerGlobalScope;
    if (this.#seen) return this.#seen === 'active';
    // Firefox does not have it.
    if (serviceWorker) return serviceWorker.state === 'activating' || serviceWorker.state === 'activated';
    return registration.active !== null && registration.waiting === null && registration.installing === null;
  }
}
