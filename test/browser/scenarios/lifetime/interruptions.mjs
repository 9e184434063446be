// Transfers that are interrupted go on where they were.
import { assert, bytesSent, gets, MiB, rangeStarts, scenario } from '../../lib/scenario.mjs';

/** A segment that was under way may be lost each time, and is sent again. */
const LOST_AT_MOST = 16 * MiB;

async function assertContinued(file, interruptions) {
  const log = await file.log();
  const starts = rangeStarts(log);
  assert.ok(starts.length > 0 && starts.every((start) => start > 0), `Range from ${starts}`);
  const whole = gets(log).filter((entry) => !entry.range).length;
  assert.equal(whole, 1, 'one request for the whole');
  const allowed = file.size + interruptions * LOST_AT_MOST;
  assert.ok(bytesSent(log) <= allowed, `${bytesSent(log)} bytes were sent for ${file.size}`);
  return starts;
}

scenario('the connection is cut three times', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 24 * MiB, rate: 8 * MiB, cut: '2500001,9000011,17000023' });
  await page.evaluate((url) => t.startFetch('cut', url), file.url);
  const event = await test.settled(page, 'cut', 'backgroundfetchsuccess');
  assert.equal(event.records[0].size, file.size);
  assert.equal(event.records[0].sha256, await file.sha256());
  const starts = await assertContinued(file, 1);
  assert.ok(starts.length >= 3, `Range from ${starts}`);
});

scenario('the server is away for a while', { drawn: true, timeout: 120_000 }, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 16 * MiB, link: 4 * MiB });
  await page.evaluate((url) => t.startFetch('away', url), file.url);
  await page.evaluate((bytes) => t.waitForDownloaded('away', bytes), 3 * MiB);
  await test.server.control('stop', { name: file.name, ms: 10_000 });
  const event = await test.settled(page, 'away', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  await assertContinued(file, 1);
});

scenario('the worker is stopped three times', { timeout: 180_000 }, async (test) => {
  const { browser, page } = await test.open({ stoppable: true });
  const file = test.resource({ size: 36 * MiB, link: 4 * MiB });
  await page.evaluate((url) => t.startFetch('stops', url), file.url);
  for (const bytes of [6 * MiB, 14 * MiB, 22 * MiB]) {
    await page.evaluateFor(60_000, (bytes) => t.waitForDownloaded('stops', bytes, 55_000), bytes);
    const boots = test.boots().length;
    await browser.stopWorker(page);
    await test.nextBoot(boots);
  }
  const event = await test.settled(page, 'stops', 'backgroundfetchsuccess');
  assert.equal(event.records[0].size, file.size);
  assert.equal(event.records[0].sha256, await file.sha256());
  assert.equal(new Set(test.boots()).size, test.boots().length);
  await assertContinued(file, 3);
  assert.equal((await page.evaluate(() => t.state('stops'))).result, 'success');
});

scenario('stopped workers and pauses do not count against a server without ranges', { timeout: 180_000 }, async (test) => {
  const { browser, page } = await test.open({ stoppable: true, stops: 4 });
  const file = test.resource({ size: 12 * MiB, rate: 2 * MiB, norange: 1 });
  await page.evaluate((url) => t.startFetch('again', url), file.url);
  let before = 0;
  for (let stops = 0; stops < 4; stops++) {
    const more = (bytes) => t.waitForDownloaded('again', bytes, 55_000);
    const { downloaded } = await page.evaluateFor(60_000, more, before + 1);
    assert.ok(downloaded > before, `${downloaded} bytes after ${before}`);
    before = downloaded;
    const boots = test.boots().length;
    await browser.stopWorker(page);
    await test.nextBoot(boots);
    await page.evaluate(async () => {
      await t.held.get('again').pause();
      await t.held.get('again').resume();
    });
  }
  const event = await test.settled(page, 'again', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
});

scenario('the browser is killed and started again', { timeout: 180_000 }, async (test) => {
  const { browser, page } = await test.open({ own: true });
  const file = test.resource({ size: 30 * MiB, link: 4 * MiB });
  await page.evaluate((url) => t.startFetch('killed', url), file.url);
  const { downloaded } = await page.evaluate((bytes) => t.waitForDownloaded('killed', bytes), 10 * MiB);
  // Whose promise has resolved is stored, however short ago.
  const late = test.resource({ size: MiB });
  await page.evaluate((url) => t.startFetch('late', url), late.url);
  await browser.kill();
  const before = (await file.log()).length;

  const again = await test.launch({ profileDir: browser.profileDir });
  // Opening the page is all that is done.
  const second = await again.newPage(test.pageURL());
  const event = await test.settled(second, 'killed', 'backgroundfetchsuccess');
  const lateEvent = await test.event('late');
  assert.equal(lateEvent.type, 'backgroundfetchsuccess');
  assert.equal(lateEvent.records[0].sha256, await late.sha256());
  assert.equal(event.records[0].size, file.size);
  assert.equal(event.records[0].sha256, await file.sha256());
  await assertContinued(file, 1);
  const sent = bytesSent((await file.log()).slice(before));
  assert.ok(sent <= file.size - downloaded + MiB, `${sent} bytes more were sent, but the page knew of ${downloaded}`);
});

scenario('the Go program ends by itself', { drawn: true, timeout: 120_000 }, async (test) => {
  const { page } = await test.open({ script: '/sw-exit.js' });
  const file = test.resource({ size: 32 * MiB, link: 6 * MiB });
  await page.evaluate((url) => t.startFetch('exits', url), file.url);
  for (const bytes of [6 * MiB, 16 * MiB]) {
    await page.evaluate((bytes) => t.waitForDownloaded('exits', bytes, 25_000), bytes);
    await page.evaluate(async () => (await t.site()).active.postMessage({ type: 'exit-program' }));
  }
  const event = await test.settled(page, 'exits', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  await assertContinued(file, 2);
  assert.equal(test.boots().length, 1, 'the worker itself lives on');
  assert.equal((await page.evaluate(() => t.state('exits'))).result, 'success');
});

scenario('a worker that is stopped in its closing event hears it again', { drawn: true, timeout: 120_000 }, async (test) => {
  const { browser, page } = await test.open({ stoppable: true, worker: { delay: 3000 } });
  const file = test.resource({ size: 100_000 });
  await page.evaluate((url) => t.startFetch('twice', url), file.url);
  const start = (report) => report.kind === 'event-start' && report.id === 'twice';
  const first = await test.reports.wait('the event', start);
  await browser.stopWorker(page);
  const event = await test.event('twice');
  assert.notEqual(event.boot, first.boot);
  assert.equal(event.records[0].sha256, await file.sha256());
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
  assert.equal(test.reports.all(start).length, 2);
});
