// Workers and browsers killed at random, and pages that come back later. --long runs
// 200 MB with 20 kills, 5 browsers, and a minute without a page.
import { random } from '../../lib/random.mjs';
import { assert, bytesSent, MiB, scenario } from '../../lib/scenario.mjs';

const RATE = 4 * MiB;
/**
 * What a kill may cost: 2 s of transfer that were not stored yet, and what the
 * browser had received ahead of its reader.
 */
const WASTE = { chromium: 2 * RATE + 4 * MiB, firefox: 2 * RATE + 4 * MiB, webkit: 2 * RATE + 16 * MiB };

/** Where in the transfer to kill, ascending: at random, but not two in one second of it. */
function moments(count, size, next) {
  const share = (size - 4 * RATE) / count;
  return Array.from({ length: count }, (_, i) => Math.floor(RATE + i * share + next() * Math.max(0, share - RATE)));
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function assertWaste(test, file, kills) {
  const sent = bytesSent(await file.log());
  const waste = (sent - file.size) / Math.max(1, kills) / MiB;
  const allowed = file.size + kills * WASTE[test.driver.name];
  assert.ok(sent <= allowed, `${sent} bytes were sent for ${file.size} with ${kills} kills`);
  return [{ name: `${kills} ${kills > 1 ? 'times' : 'time'}, ${waste.toFixed(1)} MiB each sent again` }];
}

scenario('the worker is stopped at random', { drawn: true, timeout: 240_000, longTimeout: 600_000 }, async (test) => {
  const [kills, size] = test.long ? [20, 200_000_000] : [4, 40 * MiB];
  const { browser, page } = await test.open({ stoppable: true, stops: kills });
  const file = test.resource({ size, rate: RATE });
  const next = random(4);
  await page.evaluate((url) => t.startFetch('random', url), file.url);
  for (const bytes of moments(kills, size, next)) {
    await page.evaluateFor(60_000, (bytes) => t.waitForDownloaded('random', bytes, 55_000), bytes);
    await pause(500 * next());
    const boots = test.boots().length;
    await browser.stopWorker(page);
    await test.nextBoot(boots);
  }
  const event = await test.settled(page, 'random', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  return assertWaste(test, file, kills);
});

scenario('the browser is killed at random', { drawn: true, timeout: 300_000, longTimeout: 600_000 }, async (test) => {
  const [kills, size] = test.long ? [5, 100 * MiB] : [2, 36 * MiB];
  let { browser, page } = await test.open({ own: true });
  const file = test.resource({ size, rate: RATE });
  const next = random(5);
  await page.evaluate((url) => t.startFetch('killed', url), file.url);
  for (const bytes of moments(kills, size, next)) {
    await page.evaluateFor(60_000, (bytes) => t.waitForDownloaded('killed', bytes, 55_000), bytes);
    await pause(500 * next());
    await browser.kill();
    browser = await test.launch({ profileDir: browser.profileDir });
    page = await browser.newPage(test.pageURL());
    // The event may have come before the page is there.
    if (!(await page.evaluate(() => t.getFetch('killed')))) break;
  }
  const event = await test.settled(page, 'killed', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  return assertWaste(test, file, kills);
});

scenario(
  'the page is closed in mid-transfer and opened later',
  { drawn: true, timeout: 120_000, longTimeout: 240_000 },
  async (test) => {
    const { browser, page } = await test.open();
    const file = test.resource({ size: (test.long ? 120 : 24) * MiB, rate: 1.5 * MiB });
    await page.evaluate((url) => t.startFetch('closed', url), file.url);
    await page.evaluate((bytes) => t.waitForDownloaded('closed', bytes), 4 * MiB);
    await page.close();
    await pause(test.long ? 65_000 : 12_000);
    const later = await browser.newPage(test.pageURL());
    const event = await test.settled(later, 'closed', 'backgroundfetchsuccess');
    assert.equal(event.records[0].sha256, await file.sha256());
    return assertWaste(test, file, 1);
  },
);
