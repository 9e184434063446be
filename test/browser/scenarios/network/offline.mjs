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

// Only Chromium has Background Sync, and a developer's way to say that its time has come, or that a
// push has.
for (const [what, wake] of Object.entries({
  'Background Sync': (events, tags) => events.sync(tags[0]),
  'a push': (events) => events.push('new'),
})) {
  const name = `the network is away, the page is closed, and ${what} goes on`;
  scenario(name, { browsers: ['chromium'], timeout: 120_000 }, async (test) => {
    const { browser, page } = await test.open({ stoppable: true });
    const file = test.resource({ size: 8 * MiB, link: 4 * MiB });
    await page.evaluate((url) => t.startFetch('closed', url), file.url);
    await page.evaluate((bytes) => t.waitForDownloaded('closed', bytes), 2 * MiB);
    await test.server.control('stop', { name: file.name, ms: 600_000 });
    const tags = await page.waitFor('the browser to be asked', 30_000, async () => {
      const asked = await (await navigator.serviceWorker.ready).sync.getTags();
      return asked.length > 0 && asked;
    });
    assert.deepEqual(tags, ['background-fetch-wasm']);
    const events = await browser.workerEvents(page);
    await browser.stopWorker(page);
    const boots = test.boots().length;
    await page.page.goto('about:blank');
    await test.server.control('start', { name: file.name });
    const before = gets(await file.log()).length;
    await new Promise((resolve) => setTimeout(resolve, 3000));
    assert.equal(gets(await file.log()).length, before, 'nobody is there to ask');
    await wake(events, tags);
    const event = await test.event('closed');
    assert.equal(event.type, 'backgroundfetchsuccess');
    assert.equal(event.records[0].sha256, await file.sha256());
    assert.equal(test.boots().length, boots + 1, 'a new worker');
    assert.equal(gets(await file.log()).filter((entry) => !entry.range).length, 1, 'one request for the whole');
  });
}
