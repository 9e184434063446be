// A browser with Background Fetch of its own: whose is used, and what happens
// where page and worker do not agree. Only Chromium has one; what `prefer` leaves
// alone in the others is told by a manager that the page and the worker bring along.
import { openAny } from '../../lib/any-worker.mjs';
import { assert, scenario } from '../../lib/scenario.mjs';

const patched = () => ({
  manager: !/\[native code\]/.test(BackgroundFetchManager),
  query: !/\[native code\]/.test(Permissions.prototype.query),
  unregister: !/\[native code\]/.test(ServiceWorkerRegistration.prototype.unregister),
  request: !/\[native code\]/.test(Request),
});

scenario("the browser's own Background Fetch is left alone, or not used at all", { timeout: 120_000 }, async (test) => {
  if (test.driver.name !== 'chromium') return withoutOne(test);
  const browser = await test.launch({ native: true });
  const open = (page, worker) =>
    openAny(test, { browser, worker: { script: '/sw-both.js', native: worker }, options: { 'page-native': page } });
  const loaded = () => performance.getEntriesByType('resource').filter(({ name }) => name.includes('.wasm')).length;

  const agreed = await open('', 'prefer');
  const file = test.resource({ size: 1000 });
  const nothing = { manager: false, query: false, unregister: false, request: false };
  assert.deepEqual(await agreed.page.evaluate(patched), nothing);
  assert.equal(await agreed.inWorker(() => self.patched), false);
  await agreed.page.evaluate((url) => t.startFetch('native', url), file.url);
  const event = await test.reports.wait('the native event', (report) => report.kind === 'native-success', { timeout: 30_000 });
  assert.deepEqual([event.id, event.isTrusted], ['native', true]);
  assert.deepEqual([await agreed.page.evaluate(loaded), await agreed.inWorker(loaded)], [0, 0]);
  assert.deepEqual(await agreed.page.evaluate(() => caches.keys()), []);

  // The page wants ours, the worker does not: the page is told, the site's listeners hear nothing.
  await agreed.page.close();
  const pageNever = await open('never', 'prefer');
  const refused = await pageNever.page.evaluate((url) => t.rejection(() => t.startFetch('ours', url)), file.url);
  assert.equal(refused.isTypeError, true);
  assert.match(refused.message, /native: 'never'/);
  assert.deepEqual(
    test.reports.all((report) => report.kind === 'message'),
    [],
  );
  await pageNever.page.close();

  // The worker uses ours, the page does not: the worker's console says so.
  const workerNever = await open('', 'never');
  await workerNever.page.evaluate((url) => t.startFetch('again', url), file.url);
  const is = (report) => report.kind === 'console' && report.level === 'error' && report.text.includes("native: 'never'");
  await test.reports.wait('the error', is, { timeout: 30_000 });
  await workerNever.page.close();

  // Both use ours.
  const never = await open('never', 'never');
  const all = await never.page.evaluate(patched);
  assert.deepEqual(all, { manager: true, query: true, unregister: true, request: false });
  assert.equal(await never.inWorker(() => self.patched), true);
  await never.page.evaluate((url) => t.startFetch('ours', url), file.url);
  assert.equal((await never.page.evaluate(() => t.waitForResult('ours', 20_000))).result, 'success');
});

async function withoutOne(test) {
  const { page, inWorker } = await openAny(test, { worker: { lib: 0 }, options: { stub: 1 } });
  const kept = await page.evaluate(() => [
    self.BackgroundFetchManager.name,
    'backgroundFetch' in ServiceWorkerRegistration.prototype,
    /\[native code\]/.test(ServiceWorkerRegistration.prototype.unregister),
  ]);
  assert.deepEqual(kept, ['Stub', false, true]);
  assert.equal(await inWorker(() => 'backgroundFetch' in self.registration), false);
}
