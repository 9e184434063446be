/**
 * The keys of the caches with bodies, without asking for them where that is expensive: WebKit reads and
 * hashes all bodies of a cache for its keys() (docs/observations.md). This worker makes each entry
 * itself, so it knows them from when it made the cache, or once it has asked.
 *
 * What is known holds as long as the oldest entry is there: a cache that somebody else has deleted is
 * without it, also where there is another one of that name by now.
 */

import { cacheKey } from './cache-key';

/** Bytes that are read again without a thought. */
const FEW_BYTES = 4 << 20;

const isWebKit = /AppleWebKit\/(?!.*Chrom(e|ium)\/)/;

export class KnownKeys {
  #isExpensive: boolean;
  /** The lengths of the entries by key, the oldest entry first, of each cache whose entries are all known. */
  #caches = new Map<string, Map<string, number>>();
  /** Counts what was changed, so that a list is not taken for known that was made meanwhile. */
  #changes = 0;

  constructor(isExpensive: boolean) {
    this.#isExpensive = isExpensive;
  }

  /** To be called before a cache is made that may be there. */
  async make(cache: string): Promise<void> {
    if (!this.#isExpensive) return;
    if (!(await caches.has(cache))) this.#caches.set(cache, new Map());
  }

  /**
   * To be called before an entry is stored, and what it gives when that is done. Who has learned of
   * another cache of that name meanwhile is not told: it may lie in the one before.
   */
  begin(cache: string, key: string, length: number): () => void {
    const known = this.#caches.get(cache);
    return () => {
      this.#changes++;
      known?.set(key, length);
    };
  }

  /** Entries were deleted. */
  delete(cache: string, keys: string[]): void {
    this.#changes++;
    for (const key of keys) this.#caches.get(cache)?.delete(key);
  }

  /** The cache was deleted. */
  forget(cache: string): void {
    this.#changes++;
    this.#caches.delete(cache);
  }

  /**
   * The keys (path of the URL) of all entries. An absent cache has none, and is not made. With `all` they
   * are asked for in any case: a worker that has died may have put something since.
   */
  async list(cache: string, all = false): Promise<string[]> {
    const known = this.#caches.get(cache);
    if (!all && known && (await this.#holds(cache, known))) return [...known.keys()];
    // open() would make an absent cache.
    if (!(await caches.has(cache))) return [];
    const changes = this.#changes;
    const requests = await (await caches.open(cache)).keys();
    const keys = requests.map((request) => new URL(request.url).pathname);
    if (this.#isExpensive && changes === this.#changes) this.#caches.set(cache, new Map(keys.map((key) => [key, Infinity])));
    return keys;
  }

  /** Whether what is known of a cache still holds. Of few bytes it is asked for. */
  async #holds(cache: string, known: Map<string, number>): Promise<boolean> {
    let bytes = 0;
    for (const length of known.values()) bytes += length;
    if (bytes <= FEW_BYTES) return false;
    const [oldest] = known.keys();
    const entry = await caches.match(cacheKey(oldest!), { cacheName: cache });
    await entry?.body?.cancel();
    return entry !== undefined;
  }
}

export const knownKeys = new KnownKeys(isWebKit.test(globalThis.navigator?.userAgent));
