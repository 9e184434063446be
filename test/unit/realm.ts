/**
 * What the glue expects of a realm and Node lacks: an address, events, and a Cache API in memory.
 * To be imported before what uses it.
 */

/** One cache, of bodies: entries are found by the URL alone. */
class MemoryCache {
  #entries = new Map<string, Blob>();

  async put(key: Request | string, response: Response): Promise<void> {
    this.#entries.set(urlOf(key), await response.blob());
  }

  async match(key: Request | string): Promise<Response | undefined> {
    const body = this.#entries.get(urlOf(key));
    return body && new Response(body);
  }

  async delete(key: Request | string): Promise<boolean> {
    return this.#entries.delete(urlOf(key));
  }
}

function urlOf(key: Request | string): string {
  return new URL(typeof key === 'string' ? key : key.url, location.origin).href;
}

/** One that was opened stays readable when it is deleted, as in browsers. */
class MemoryCaches {
  #caches = new Map<string, MemoryCache>();

  async open(name: string): Promise<MemoryCache> {
    const cache = this.#caches.get(name) ?? new MemoryCache();
    this.#caches.set(name, cache);
    return cache;
  }

  async has(name: string): Promise<boolean> {
    return this.#caches.has(name);
  }

  async delete(name: string): Promise<boolean> {
    return this.#caches.delete(name);
  }

  async keys(): Promise<string[]> {
    return [...this.#caches.keys()];
  }
}

/** Those of the realm itself. */
export const events = new EventTarget();
for (const name of ['addEventListener', 'removeEventListener'] as const) {
  Object.assign(globalThis, { [name]: events[name].bind(events) });
}
Object.assign(globalThis, { location: new URL('https://site.test/'), caches: new MemoryCaches() });
Object.defineProperty(globalThis, 'navigator', { value: { serviceWorker: new EventTarget() } });
