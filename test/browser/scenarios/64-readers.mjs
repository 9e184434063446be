// Pages that read while the worker is stopped, and pages that no worker controls.
import { assert, MiB, scenario } from '../lib/scenario.mjs';

scenario('responseReady streams on over a stop of the worker', { timeout: 120_000 }, async (test) => {
  const { browser, page } = await test.open({ stoppable: true });
  const file = test.resource({ size: 20 * MiB, link: 3 * MiB });
  await page.evaluate(async (url) => {
    await t.startFetch('read', url);
    self.read = t.readWhileLoading('read', url);
  }, file.url);
  await page.evaluate((bytes) => t.waitForDownloaded('read', bytes, 25_000), 4 * MiB);
  const boots = test.boots().length;
  await browser.stopWorker(page);
  await test.nextBoot(boots);
  const read = await page.evaluateFor(60_000, () => self.read);
  assert.ok(read.first.downloaded < file.size / 2, `the first bytes came after ${read.first.downloaded}`);
  assert.deepEqual([read.size, read.sha256], [file.size, await file.sha256()]);
  const event = await test.settled(page, 'read', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
});

scenario('a page that is reloaded past its worker finds what it started', { timeout: 60_000 }, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 12 * MiB, rate: 2 * MiB });
  await page.evaluate((url) => t.startFetch('past', url), file.url);
  const { downloaded } = await page.evaluate((bytes) => t.waitForDownloaded('past', bytes), MiB);
  if (await page.reloadPastWorker()) {
    assert.equal(await page.evaluate(() => navigator.serviceWorker.controller), null);
  }
  const found = await page.evaluate(() => t.getFetch('past'));
  assert.equal(found.result, '');
  assert.ok(found.downloaded >= downloaded, `${found.downloaded} after ${downloaded}`);
  assert.equal((await page.evaluate(() => t.waitForResult('past', 25_000))).result, 'success');
  const event = await test.settled(page, 'past', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
});
