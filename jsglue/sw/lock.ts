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

/**
 * Held from the first acquire() until the worker ends, or until a newer worker
 * takes it; after that it can never be had again.
 */
export class EngineLock {
  #name: string;
  #onLost: () => void;
  #held: Promise<void> | null = null;
  #lost = false;

  constructor(name: string, onLost: () => void) {
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
    this.#held ??= new Promise((resolve, reject) => {
      const hold = () => {
        resolve();
        return new Promise<never>(() => {});
      };
      navigator.locks.request(this.#name, { steal: true }, hold).catch(() => {
        this.#lost = true;
        reject(new Retired());
        this.#onLost();
      });
    });
    return this.#lost ? Promise.reject(new Retired()) : this.#held;
  }
}
