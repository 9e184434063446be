// Workers of a registration that are not its active one.
import { openAny, workerOf } from '../../lib/any-worker.mjs';
import { assert, bytesSent, gets, MiB, scenario } from '../../lib/scenario.mjs';

scenario('an installing and a waiting worker have no background fetches', { drawn: true, timeout: 120_000 }, async (test) => {
  const nothing = { get: 'undefined', ids: [], fetch: 'TypeError' };
  const { page, inWorker } = await openAny(test);
  assert.deepEqual(await inWorker(() => self.early), nothing);

  const file = test.resource({ size: 12 * MiB, rate: 2 * MiB });
  await page.evaluate((url) => t.startFetch('going', url), file.url);
  await page.evaluate(async (script) => {
    const url = new URL(script, location.href);
    url.searchParams.set('channel', new URL(location.href).searchParams.get('channel'));
    url.searchParams.set('wait', 1);
    await navigator.serviceWorker.register(url);
  }, '/sw-any.js');
  await page.waitFor('a waiting worker', 20_000, async () => (await t.site()).waiting?.state === 'installed');
  const waiting = workerOf(page, { which: 'waiting' });
  assert.deepEqual(await waiting(() => self.early), nothing);
  // Asked again, after it is installed.
  assert.deepEqual(await waiting(() => self.registration.backgroundFetch.getIds()), []);
  assert.deepEqual(await inWorker(() => self.registration.backgroundFetch.getIds()), ['going']);

  // It takes over, and what there was is its own.
  await waiting(() => void self.skipWaiting());
  await page.waitFor('the new worker', 20_000, async () => (await t.site()).active.scriptURL.includes('wait=1'));
  assert.deepEqual(await page.evaluate(async () => (await t.site()).backgroundFetch.getIds()), ['going']);
  assert.deepEqual(await inWorker(() => self.registration.backgroundFetch.getIds()), ['going']);
  // Longer than a stalled transfer takes to be noticed and continued.
  assert.equal((await page.evaluateFor(60_000, () => t.waitForResult('going', 55_000))).result, 'success');
  const log = gets(await file.log());
  assert.ok(bytesSent(log) <= file.size + 4 * MiB, `${bytesSent(log)} bytes were sent for ${file.size}`);
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
});
