/** What an earlier registration of the same scope left must not be seen by a new one. */

import { clearDatabase } from '../shared/clear-database';
import { cacheNames, type WorkerContext } from './context';
import type { EngineLock } from './lock';
import { deleteOwnCache } from '../shared/own-caches';

/**
 * To be waited for by the install event of a registration's first worker: before
 * it is over nothing can be asked. Takes the lock first, for the old worker may
 * still run for pages that it controls. Never rejects.
 */
export async function deleteLeftovers(context: WorkerContext, lock: EngineLock): Promise<void> {
  await lock.acquire().catch(() => {});
  const prefixes = [context.cachePrefix, context.keptPrefix];
  const names = (await Promise.all(prefixes.map(cacheNames)).catch(() => [])).flat();
  await Promise.allSettled([...names.map(deleteOwnCache), clearDatabase(context.database)]);
}
