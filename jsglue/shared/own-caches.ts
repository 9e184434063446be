/**
 * Our caches are not the site's. Pages and workers that tidy up, "delete every cache
 * that I do not know", would take the bodies of background fetches with them; the
 * browser's own keeps these where no script sees them.
 */

import { isOwnCache } from './names';
import { addMembers } from './webidl';

const { CacheStorage } = globalThis;
const native = CacheStorage?.prototype.delete;

export function deleteOwnCache(name: string): Promise<boolean> {
  return native.call(caches, name);
}

/** From now on caches.delete() of this realm finds none of ours. */
export function keepOwnCaches(): void {
  addMembers(CacheStorage.prototype, {
    async delete(this: CacheStorage, name: string): Promise<boolean> {
      return !isOwnCache(String(name)) && Reflect.apply(native, this, arguments);
    },
  });
}
