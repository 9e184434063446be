/**
 * What the program of a registration stored goes with its registration: the rows, not the
 * database. WebKit may end a worker while it opens a database, and then keeps the connection: who
 * deletes that database waits until the browser ends, and whoever opens it waits behind. Rows can
 * be deleted all the same.
 */

import { inDatabase } from './database';
import { DATABASE_VERSION } from './names';

/** How long storage may take, ms. Rows of the next program must not be deleted afterwards. */
const WITHIN_MS = 3000;

/**
 * Deletes all rows of the database, and where a newer version of ours made it the database, which
 * our program cannot open. Resolves in any case.
 */
export async function clearDatabase(name: string): Promise<void> {
  await inDatabase(name, WITHIN_MS, 'readwrite', (transaction) => {
    if (transaction.db.version > DATABASE_VERSION) indexedDB.deleteDatabase(name);
    for (const store of transaction.objectStoreNames) transaction.objectStore(store).clear();
  }).catch(() => {});
}
