// The plain way, in page and worker: fetch() and cache.put(), nothing kept of how
// far it came.
// eslint-disable-next-line no-var
var plain = {
  CACHE: 'bench',

  /** The URLs of a work: {base, name, count, query, retry}. */
  urls({ base, name, count, query }) {
    return Array.from({ length: count }, (_, i) => `${base}/file/${name}-${i}?${query}`);
  },

  /** Fetches and stores all, six at a time. Resolves when all are stored. */
  async store(work, put = (cache, url, response) => cache.put(url, response)) {
    const cache = await caches.open(plain.CACHE);
    const queue = plain.urls(work).values();
    const one = async () => {
      for (const url of queue) await plain.again(work.retry, async () => put(cache, url, await fetch(url)));
    };
    await Promise.all(Array.from({ length: 6 }, one));
  },

  /**
   * With `retry`, what fails is done again after so many ms, from its beginning: the least that a site
   * has to do where connections break.
   */
  async again(retry, attempt) {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!retry) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, retry));
    }
  },

  /**
   * The same by a script that sees the bytes and keeps nothing else of them: reads each body,
   * and puts pieces of the size that the product's have, three at a time.
   */
  storeByScript: (work) => plain.store(work, plain.storePieces),

  async storePieces(cache, url, { body }) {
    const MiB = 1024 * 1024;
    const puts = new Set();
    let chunks = [];
    let length = 0;
    let pieces = 0;
    const put = async () => {
      while (puts.size >= 3) await Promise.race(puts);
      const piece = new Response(length < 128 * 1024 * chunks.length ? new Blob(chunks) : plain.streamOf(chunks));
      const stored = cache.put(`${url}&piece=${pieces++}`, piece).then(() => puts.delete(stored));
      puts.add(stored);
      [chunks, length] = [[], 0];
    };
    for (const reader = body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      length += value.length;
      if (length >= (pieces === 0 ? MiB : 8 * MiB)) await put();
    }
    if (length > 0) await put();
    await Promise.all(puts);
  },

  streamOf(chunks) {
    const left = chunks.values();
    return new ReadableStream({
      pull(controller) {
        const { done, value } = left.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
  },
};
