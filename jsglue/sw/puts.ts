/**
 * Segments on their way into the Cache API: several at a time, since a put is more
 * waiting than work, within a bound of memory for all transfers together.
 */

import { HostFailure } from './hosterror';

/** Bytes of all segments that are being put, or one segment if that is larger. */
const MAX_BYTES = 24 << 20;

export class Puts {
  /** Begun and not asked for, by number. */
  #begun = new Map<number, Promise<void>>();
  #running = new Set<Promise<void>>();
  #bytes = 0;
  #last = 0;

  /**
   * Waits until there is room for so many bytes, and begins. Resolves with its number
   * for stored(). Rejects with HostFailure 'stopped' when signal has aborted meanwhile.
   */
  async begin(length: number, put: () => Promise<void>, signal: AbortSignal): Promise<number> {
    while (this.#bytes > 0 && this.#bytes + length > MAX_BYTES) await Promise.race(this.#running);
    if (signal.aborted) throw new HostFailure('stopped', 'The call was cancelled.');
    this.#bytes += length;
    const begun = put();
    const ended: Promise<void> = begun
      .catch(() => {}) // stored() tells of it
      .then(() => {
        this.#running.delete(ended);
        this.#bytes -= length;
      });
    this.#running.add(ended);
    const number = ++this.#last;
    this.#begun.set(number, begun);
    return number;
  }

  /** Resolves when it is in the cache, or rejects as the put did. To be asked once. */
  async stored(number: number): Promise<void> {
    const begun = this.#begun.get(number);
    if (!begun) throw new HostFailure('internal', `No piece is being stored under the number ${number}.`);
    this.#begun.delete(number);
    await begun;
  }

  /** Resolves when none is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }
}
