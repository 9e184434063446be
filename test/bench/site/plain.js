// The plain way, in page and worker: fetch() and cache.put(), nothing kept of how
// far it came.
// eslint-disable-next-line no-var
var plain = {
  CACHE: 'bench',

  /** The URLs of a work: {base, name, count, query}. */
  urls({ base, name, count, query }) {
    return Array.from({ length: count }, (_, i) => `${base}/file/${name}-${i}?${query}`);
  },

  /** Fetches and stores all, six at a time. Resolves when all are stored. */
  async store(work) {
    const cache = await caches.open(plain.CACHE);
    const queue = plain.urls(work).values();
    const one = async () => {
      for (const url of queue) await cache.put(url, await fetch(url));
    };
    await Promise.all(Array.from({ length: 6 }, one));
  },
};
