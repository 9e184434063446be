/** The rows of the program, where others than the program touch them. */

/**
 * Calls `use` with a transaction over all object stores of the database, and resolves with what it
 * returned when the transaction has ended; with undefined where there is nothing: no database is
 * made. Rejects where storage fails, or takes longer, ms: the transaction is aborted then.
 */
export function inDatabase<T>(
  name: string,
  ms: number,
  mode: IDBTransactionMode,
  use: (transaction: IDBTransaction) => T,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name);
    let transaction: IDBTransaction | undefined;
    let late = false;
    setTimeout(() => {
      late = true;
      reject();
      try {
        transaction?.abort();
      } catch {
        // It has ended.
      }
    }, ms);
    opening.onupgradeneeded = () => {
      resolve(undefined);
      opening.transaction!.abort();
    };
    opening.onerror = reject;
    opening.onsuccess = () => {
      const database = opening.result;
      const { objectStoreNames } = database;
      database.onversionchange = () => database.close();
      if (late || objectStoreNames.length === 0) resolve(undefined);
      else {
        transaction = database.transaction(objectStoreNames, mode);
        transaction.onabort = reject;
        const result = use(transaction);
        transaction.oncomplete = () => resolve(result);
      }
      database.close(); // when the transaction has ended
    };
  });
}
