// The site's own database: what its worker saw of background fetches. Used by
// the worker, which writes, and by the page, which reads.
// eslint-disable-next-line no-var
var results = (() => {
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  function open() {
    const opening = indexedDB.open('test-results', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('events', { autoIncrement: true });
    return done(opening);
  }

  async function withStore(mode, use) {
    const db = await open().catch(async (error) => {
      // WebKit was killed while it made the database: nothing is in it.
      if (error.name !== 'UnknownError') throw error;
      await done(indexedDB.deleteDatabase('test-results'));
      return open();
    });
    try {
      return await done(use(db.transaction('events', mode).objectStore('events')));
    } finally {
      db.close();
    }
  }

  return {
    add: (row) => withStore('readwrite', (store) => store.add(row)),
    all: () => withStore('readonly', (store) => store.getAll()),
  };
})();

// eslint-disable-next-line no-var
var sha256 = async (buffer) => {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', buffer));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
};
