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

scenario(
  'an upload is not broken off by an update, also with skipWaiting(); a download may be',
  { timeout: 120_000 },
  async (test) => {
    const { page } = await openAny(test);
    const size = 12 * MiB;
    const target = test.resource({ kind: 'upload', uploadrate: MiB });
    const file = test.resource({ size: 64 * MiB, rate: 4 * MiB });
    await page.evaluate(
      async (upload, download, size) => {
        await t.startFetch('download', download);
        const { backgroundFetch } = await t.site();
        const request = new Request(upload, { method: 'POST', body: new Blob([new Uint8Array(size)]) });
        await backgroundFetch.fetch('upload', [request]);
        await t.getFetch('upload');
      },
      target.url,
      file.url,
      size,
    );
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await page.evaluate(async () => {
      const url = new URL('/sw-any.js', location.href);
      url.searchParams.set('channel', new URL(location.href).searchParams.get('channel'));
      url.searchParams.set('newer', 1);
      await navigator.serviceWorker.register(url);
    });
    assert.equal((await page.evaluateFor(60_000, () => t.waitForResult('upload', 55_000))).result, 'success');
    const log = await target.log();
    assert.deepEqual(
      log.filter(({ method }) => method === 'POST').map(({ upload }) => upload.bytes),
      [size],
    );
    await page.waitFor('the new worker', 40_000, async () => (await t.site()).active.scriptURL.includes('newer=1'));
    assert.equal((await page.evaluateFor(60_000, () => t.waitForResult('download', 55_000))).result, 'success');
  },
);
