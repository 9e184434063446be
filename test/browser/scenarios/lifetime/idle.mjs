// What needs no program: it takes most of the time of a worker's start.
import { reads } from '../../lib/kept.mjs';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

/** How often the worker's instance has loaded the program. */
const programs = async (page) => (await page.evaluate(reads)).programs;

/** What the page is told of background fetches. */
const told = (page) =>
  page.evaluate(async () => {
    const { backgroundFetch } = await t.site();
    const film = await backgroundFetch.get('film');
    return { ids: await backgroundFetch.getIds(), film: film?.id ?? null };
  });

/** Reads the row of the background fetch, or puts that row in the database. */
const row = (page, put = null) =>
  page.evaluate(async (put) => {
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const { scope } = await navigator.serviceWorker.ready;
    const database = await done(indexedDB.open(`bgfetch:${scope}`));
    const store = database.transaction('fetches', put ? 'readwrite' : 'readonly').objectStore('fetches');
    const result = put ? await done(store.put(put.value, put.key)) : [await done(store.getAllKeys()), await done(store.getAll())];
    database.close();
    return put ? null : { key: result[0][0], value: result[1][0] };
  }, put);

scenario('getIds() and get() load no program when nothing is under way', { timeout: 90_000 }, async (test) => {
  const { browser, page } = await test.open({ script: '/sw-keep.js', stoppable: true });
  const restart = async () => {
    const boot = await page.evaluate(() => t.bootId());
    await browser.stopWorker(page);
    assert.notEqual(await page.evaluate(() => t.bootId()), boot);
    assert.equal(await programs(page), 0);
  };
  // Nothing was ever stored.
  assert.deepEqual(await told(page), { ids: [], film: null });
  assert.equal(await programs(page), 0);

  const slow = test.resource({ size: 64 * MiB, rate: 1000 });
  await page.evaluate((url) => t.startFetch('film', url), slow.url);
  assert.deepEqual(await told(page), { ids: ['film'], film: 'film' });
  assert.equal(await programs(page), 1);
  const stored = await row(page);
  await page.evaluate(async () => (await (await t.site()).backgroundFetch.get('film')).abort());
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());

  // There is a database, without rows.
  await restart();
  assert.deepEqual(await told(page), { ids: [], film: null });
  assert.equal(await programs(page), 0);

  // A row is left, perhaps of one whose caches somebody has deleted: what to do with it the program knows.
  await row(page, stored);
  await told(page);
  assert.equal(await programs(page), 1);
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
});
