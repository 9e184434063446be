/**
 * Segments on their way into the Cache API: several at a time, since a put is more
 * waiting than work, within a bound of memory for all transfers together.
 */

import { CANCELLED_MS } from './hostcalls';
import { HostFailure } from './hosterror';

/** Bytes of all segments that are being put, or one segment if that is larger. */
const MAX_BYTES = 24 << 20;

interface Put {
  /** Settles as the put does, or when it is given up. */
  done: Promise<void>;
  giveUp: () => void;
}

export class Puts {
  /** Begun and not asked for, by number. */
  #begun = new Map<number, Put>();
  /** All that the browser has not answered, given up or not. */
  #running = new Set<Promise<void>>();
  /** What holds room. */
  #holding = new Set<Promise<void>>();
  #bytes = 0;
  #last = 0;

  /**
   * Waits until there is room for so many bytes, and begins. Resolves with its number
   * for stored(). Rejects with HostFailure 'stopped' when signal has aborted meanwhile.
   */
  async begin(length: number, put: () => Promise<void>, signal: AbortSignal): Promise<number> {
    while (this.#bytes > 0 && this.#bytes + length > MAX_BYTES && !signal.aborted) {
      let onAbort!: () => void;
      const aborted = new Promise<void>((resolve) => (onAbort = resolve));
      signal.addEventListener('abort', onAbort);
      await Promise.race([aborted, ...this.#holding]);
      signal.removeEventListener('abort', onAbort);
    }
    if (signal.aborted) throw new HostFailure('stopped', 'The call was cancelled.');
    this.#bytes += length;
    const begun = put();
    let giveUp!: () => void;
    const given = new Promise<never>((_, reject) => {
      giveUp = () => reject(new HostFailure('internal', 'The storage did not answer.'));
    });
    const done = Promise.race([begun, given]);
    follow(this.#running, begun, () => {});
    follow(this.#holding, done, () => (this.#bytes -= length));
    const number = ++this.#last;
    this.#begun.set(number, { done, giveUp });
    return number;
  }

  /**
   * Resolves when it is in the cache, or rejects as the put did. To be asked once. When
   * signal has aborted it is given up: a storage that never answers must not keep the
   * room for what others store. The call that asks is answered without it then.
   */
  async stored(number: number, signal: AbortSignal): Promise<void> {
    const put = this.#begun.get(number);
    if (!put) throw new HostFailure('internal', `There is no put ${number} any more.`);
    this.#begun.delete(number);
    const giveUpSoon = () => setTimeout(put.giveUp, CANCELLED_MS);
    if (signal.aborted) giveUpSoon();
    signal.addEventListener('abort', giveUpSoon);
    try {
      await put.done;
    } finally {
      signal.removeEventListener('abort', giveUpSoon);
    }
  }

  /** Resolves when none is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }
}

/** Has the promise in the set until it settles, well or not; then is called. */
function follow(set: Set<Promise<void>>, promise: Promise<void>, then: () => void): void {
  const settled: Promise<void> = promise
    .catch(() => {}) // stored() tells of it
    .then(() => {
      set.delete(settled);
      then();
    });
  set.add(settled);
}
