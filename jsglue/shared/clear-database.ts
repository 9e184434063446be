/**
 * What the program of a registration stored goes with its registration: the rows, not the
 * database. WebKit may end a worker while it opens a database, and then keeps the connection: who
 * deletes that database waits until the browser ends, and whoever opens it waits behind. Rows can
 * be deleted all the same.
 */

import { DATABASE_VERSION } from './names';

/** How long storage may take, ms. Rows of the next program must not be deleted afterwards. */
const WITHIN_MS = 3000;

/**
 * Deletes all rows of the database, and where a newer version of ours made it the database, which
 * our program cannot open. Resolves in any case.
 */
export function clearDatabase(name: string): Promise<void> {
  return new Promise((resolve) => {
    const opening = indexedDB.open(name);
    let clearing: IDBTransaction | undefined;
    let late = false;
    const finish = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      late = true;
      try {
        clearing?.abort();
      } catch {
        // It has just ended.
      }
      resolve();
    }, WITHIN_MS);
    // There is none: it is not made.
    opening.onupgradeneeded = () => opening.transaction!.abort();
    opening.onerror = finish;
    opening.onsuccess = () => {
      const database = opening.result;
      database.onversionchange = () => database.close();
      if (!late) clearing = clearAll(database);
      if (clearing) clearing.oncomplete = clearing.onabort = finish;
      else finish();
      database.close(); // when the transaction has ended
    };
  });
}

/** Undefined where there is nothing to wait for. */
function clearAll(database: IDBDatabase): IDBTransaction | undefined {
  const { name, objectStoreNames, version } = database;
  if (version > DATABASE_VERSION) indexedDB.deleteDatabase(name);
  if (objectStoreNames.length === 0) return undefined;
  const transaction = database.transaction(objectStoreNames, 'readwrite');
  for (const store of objectStoreNames) transaction.objectStore(store).clear();
  return transaction;
}
