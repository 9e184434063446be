// The browser says that it is offline: nothing is asked for until it is back, or has said so
// for too long.
import { openAny } from '../../lib/any-worker.mjs';
import { assert, gets, MiB, scenario } from '../../lib/scenario.mjs';

const offlineMs = (test) => (test.long ? 30_000 : 10_000);

scenario('offline for a while, also while the worker is stopped', { drawn: true, timeout: 120_000 }, async (test) => {
  const { browser, page } = await test.open({ stoppable: true, offline: true });
  const file = test.resource({ size: 16 * MiB, link: 4 * MiB });
  await page.evaluate((url) => t.startFetch('offline', url), file.url);
  await page.evaluate((bytes) => t.waitForDownloaded('offline', bytes), 3 * MiB);

  await browser.setOffline(page, true);
  // But in Chromium that is no more than an opinion: the server breaks the connections.
  await test.server.control('stop', { name: file.name, ms: 600_000 });
  await page.waitFor('the state', 30_000, () => t.held.get('offline').state === 'waiting-online');
  // Not by the worker's reports, which need a network too.
  const boot = await page.evaluate(() => t.bootId());
  await browser.stopWorker(page);
  assert.notEqual(await page.evaluate(() => t.bootId()), boot);
  await browser.setOffline(page, true);
  await page.waitFor('the state', 30_000, () => t.held.get('offline').state === 'waiting-online');
  const before = (await file.log()).length;
  await new Promise((resolve) => setTimeout(resolve, offlineMs(test)));
  assert.equal(await page.evaluate(() => t.held.get('offline').state), 'waiting-online');
  assert.equal((await file.log()).length, before, 'requests while offline');

  await test.server.control('start', { name: file.name });
  await browser.setOffline(page, false);
  const event = await test.settled(page, 'offline', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  assert.equal(gets(await file.log()).filter((entry) => !entry.range).length, 1, 'one request for the whole');
});

scenario('a browser that says it is offline is not believed for ever', { drawn: true }, async (test) => {
  const { page, inWorker } = await openAny(test);
  await inWorker(() => {
    Object.defineProperty(self.navigator, 'onLine', { get: () => false, configurable: true });
  });
  const file = test.resource({ size: 100_000 });
  await page.evaluate((url) => t.startFetch('offline', url), file.url);
  const { result } = await page.evaluate(() => t.waitForResult('offline', 40_000));
  assert.equal(result, 'success');
});

// A download whose worker is stopped, whose page is closed, and whose server is there again then.
// Chromium alone has a way for developers to fire events.
async function leave(test, script) {
  const { browser, page } = await test.open({ stoppable: true, script });
  const file = test.resource({ size: 8 * MiB, link: 4 * MiB });
  await page.evaluate((url) => t.startFetch('closed', url), file.url);
  await page.evaluate((bytes) => t.waitForDownloaded('closed', bytes), 2 * MiB);
  await test.server.control('stop', { name: file.name, ms: 600_000 });
  await page.waitFor('it to wait', 30_000, () => /^waiting-/.test(t.held.get('closed').state));
  const tags = await page.evaluate(async () => (await navigator.serviceWorker.ready).sync.getTags());
  const events = await browser.workerEvents(page);
  await browser.stopWorker(page);
  await page.page.goto('about:blank');
  await test.server.control('start', { name: file.name });
  return { file, tags, events };
}

async function wentOn(test, file) {
  const event = await test.event('closed');
  assert.equal(event.type, 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  assert.ok(test.boots().length > 1, 'in a new worker');
  assert.equal(gets(await file.log()).filter((entry) => !entry.range).length, 1, 'one request for the whole');
}

const noPage = { browsers: ['chromium'], timeout: 120_000 };

scenario('the page is closed, and Background Sync goes on', noPage, async (test) => {
  const { file, tags, events } = await leave(test);
  assert.deepEqual(tags, ['background-fetch-wasm']);
  // The browser, which never was offline, may have fired it already.
  await events.sync(tags[0]);
  await wentOn(test, file);
});

scenario('the page is closed, and a push goes on', noPage, async (test) => {
  const { file, tags, events } = await leave(test, '/sw-nosync.js');
  assert.deepEqual(tags, []);
  const before = gets(await file.log()).length;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assert.equal(gets(await file.log()).length, before, 'nobody is there to ask');
  await events.push('new');
  await wentOn(test, file);
});
