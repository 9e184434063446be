/**
 * The Web Lock under which the Go program runs: one engine for each scope.
 */

/** The reason why a worker that lost its lock does nothing any more. */
export class Retired extends Error {
  constructor() {
    super('A newer service worker of this scope has taken over.');
    this.name = 'Retired';
  }
}

/** How long an older worker gets to end its writes before the lock is taken from it. */
const HANDOVER_MS = 3_000;

/**
 * Held from the first acquire() until the worker ends, or until a newer worker
 * asks for it; after that it can never be had again.
 */
export class EngineLock {
  #name: string;
  #onLost: () => Promise<void>;
  #held: Promise<void> | null = null;
  #lost = false;

  /** @param onLost ends all work; the lock is let go when it has resolved */
  constructor(name: string, onLost: () => Promise<void>) {
    this.#name = name;
    this.#onLost = onLost;
  }

  get lost(): boolean {
    return this.#lost;
  }

  /**
   * Takes the lock, from its holder if need be: only a worker that is active (or
   * is going to be the first of a new registration) asks for it, so another
   * holder is an older worker that has not ended yet. Rejects with Retired.
   */
  acquire(): Promise<void> {
    this.#held ??= this.#take();
    return this.#lost ? Promise.reject(new Retired()) : this.#held;
  }

  #take(): Promise<void> {
    // Who holds the lock hears that it is wanted, ends its work, and lets it go.
    const wanted = new BroadcastChannel(this.#name);
    const released = new Promise<void>((resolve) => {
      wanted.onmessage = () => resolve(this.#lose());
    });
    const taken = new Promise<void>((resolve, reject) => {
      let granted = false;
      const hold = () => {
        granted = true;
        resolve();
        return released;
      };
      const gone = () => {
        reject(new Retired());
        return this.#lose();
      };
      navigator.locks
        .request(this.#name, { signal: AbortSignal.timeout(HANDOVER_MS) }, hold)
        .catch((error) => {
          if (granted) throw error; // it was stolen
          return navigator.locks.request(this.#name, { steal: true }, hold);
        })
        .then(gone, gone)
        .finally(() => wanted.close());
    });
    wanted.postMessage(null);
    return taken;
  }

  async #lose(): Promise<void> {
    if (this.#lost) return;
    this.#lost = true;
    await this.#onLost();
  }
}
