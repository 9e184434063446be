/**
 * Our caches are not the site's. Workers that tidy up, "delete every cache that
 * I do not know", do so when they are activated, and would take the bodies of
 * background fetches with them; the browser's own keeps these where no script sees them.
 */

import { worker } from './worker';

/** What the names of all our caches begin with. */
const PREFIX = 'bgfetch:';

const native = worker.CacheStorage?.prototype.delete;

export function deleteOwnCache(name: string): Promise<boolean> {
  return native.call(caches, name);
}

/** From now on caches.delete() of this worker finds none of ours. */
export function keepOwnCaches(): void {
  const wrapped = {
    async delete(this: CacheStorage, name: string): Promise<boolean> {
      return !String(name).startsWith(PREFIX) && Reflect.apply(native, this, arguments);
    },
  };
  Object.defineProperty(worker.CacheStorage.prototype, 'delete', { value: wrapped.delete });
}
