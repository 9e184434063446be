// The storage as an earlier build left it in the middle of its work, taken from a browser
// that had run that build: the present one goes on with it.
import fs from 'node:fs';
import { assert, bytesSent, gets, rangeStarts, scenario } from '../../lib/scenario.mjs';

/**
 * Of version 1 of the database, as the build before the history wrote it: `film` under way (two
 * records, one complete, and a third that never had an answer), `paused`, and `done`, whose closing
 * event was not over. Left out are the bytes of the segments: the fault server makes the same again.
 */
const dump = fs.readFileSync(new URL('../../fixtures/database-1.json', import.meta.url), 'utf8');

/** Runs in the page: makes the database and the caches of the dump. */
async function restore({ name, version, stores, caches: bodies, segments }) {
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const opening = indexedDB.open(name, version);
  opening.onupgradeneeded = () => {
    for (const [store, { keyPath, autoIncrement, rows }] of Object.entries(stores)) {
      const made = opening.result.createObjectStore(store, { keyPath, autoIncrement });
      for (const [key, value] of rows) made.add(value, key);
    }
  };
  const db = await done(opening);
  // A key generator goes on after the number of rows that there have been.
  const sequence = db.transaction('sequence', 'readwrite').objectStore('sequence');
  for (const _ of stores.requests.rows) await done(sequence.add(''));
  await done(sequence.clear());
  db.close();
  for (const [cacheName, entries] of Object.entries(bodies)) {
    const cache = await caches.open(cacheName);
    for (const [key, headers] of entries) {
      const { url, offset, length } = segments[cacheName + key];
      const body = await (await fetch(url)).blob();
      await cache.put(key, new Response(body.slice(offset, offset + length), { headers }));
    }
  }
}

scenario('storage: what version 1 of the database holds is gone on with', {}, async (test) => {
  const { page } = await test.open();
  const { server } = test;
  const { version, stores, caches } = JSON.parse(dump.replaceAll('{origin}', server.url));
  const parsed = (store) => stores[store].rows.map(([, text]) => JSON.parse(text));
  const requests = Object.fromEntries(parsed('requests').map((row) => [row.uniqueId, row.requests]));
  const segments = Object.fromEntries(
    parsed('segments').map(({ uniqueId, index, generation, offset, length }) => {
      const url = new URL(requests[uniqueId][index].url);
      url.pathname = '/file/copy'; // of the same bytes; another name, since what is asked for is counted
      url.searchParams.delete('rate');
      return [
        `bgfetch:data:${server.url}/:${uniqueId}/__bgfetch__/${index}/${generation}/${offset}`,
        { url: url.href, offset, length },
      ];
    }),
  );
  await page.evaluate(restore, { name: `bgfetch:${server.url}/`, version, stores, caches, segments });
  const ids = Object.fromEntries(parsed('fetches').map(({ id, uniqueId }) => [id, uniqueId]));
  const stored = (id, index = 0) =>
    parsed('segments')
      .filter((row) => row.uniqueId === ids[id] && row.index === index)
      .reduce((sum, { length }) => sum + length, 0);

  // The first request of the page starts the program.
  const paused = await page.evaluate(() =>
    t.getFetch('paused').then((state) => ({ ...state, paused: t.held.get('paused').paused })),
  );
  assert.equal(paused.paused, true);
  assert.equal(paused.downloaded, stored('paused'));
  await page.evaluate(() => t.held.get('paused').resume());
  for (const [id, size] of [
    ['done', 7000],
    ['paused', 2097152],
    ['film', 4194304],
  ]) {
    const event = await test.event(id);
    assert.equal(event.type, 'backgroundfetchsuccess', id);
    for (const record of event.records) {
      const { searchParams } = new URL(record.url);
      assert.equal(
        record.sha256,
        await server.sha256({ size: searchParams.get('size'), seed: searchParams.get('seed') }),
        record.url,
      );
    }
    const log = await server.log(id);
    assert.equal(bytesSent(log), size - stored(id), `${id}: what was stored is not asked for again`);
    assert.deepEqual(rangeStarts(log), stored(id) < size ? [stored(id)] : []);
  }
  assert.equal(gets(await server.log('small')).length, 0);
  assert.equal(gets(await server.log('slow')).length, 1);
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
  assert.equal((await page.evaluate(() => t.results())).filter(({ phase }) => phase === 'end').length, 3);
});
