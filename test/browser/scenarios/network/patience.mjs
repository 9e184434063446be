// A server that has answered before is waited for by time, not by count.
import { assert, bytesSent, gets, MiB, rangeStarts, scenario } from '../../lib/scenario.mjs';

/** What a break costs at most: bytes that a browser had and no script had read. */
const LOST_AT_MOST = 4 * MiB;

/** The server is away from that byte on, until it is started. */
const AWAY = { rate: 8 * MiB, down: 3 * MiB, downms: 600_000 };

/** One request for all of it, the others for the rest. */
async function assertContinued(file, breaks) {
  const log = await file.log();
  assert.ok(
    rangeStarts(log).every((start) => start > 0),
    `Range from ${rangeStarts(log)}`,
  );
  assert.equal(gets(log).filter((entry) => !entry.range).length, 1, 'one request for the whole');
  const sent = bytesSent(log);
  assert.ok(sent <= file.size + breaks * LOST_AT_MOST, `${sent} bytes were sent for ${file.size}`);
}

/** How many tries have failed whose entry in the log says so. */
async function hasTried(id, says) {
  const log = await (await fetch('/__bgfetch__/log')).json();
  const entries = log.runs.flatMap((run) => run.entries);
  return entries.filter((entry) => entry.id === id && entry.event === 'attempt' && entry.detail.includes(says)).length;
}

const retryAt = (page) => page.evaluate(() => t.held.get('waits').retryAt.getTime());

const waitForState = (page, id, state) =>
  page.waitFor(`the state ${state}`, 30_000, (id, state) => t.held.get(id).state === state && t.held.get(id).retryAt, id, state);

scenario(
  'patience: a deploy answers 502 for more than eight tries, and the worker stops',
  { drawn: true, timeout: 180_000 },
  async (test) => {
    const { browser, page } = await test.open({ stoppable: true });
    const file = test.resource({ size: 8 * MiB, link: 8 * MiB, cut: 3 * MiB, status: 502, statusafter: 1, statuscount: 16 });
    const retry = { backOff: 400, maxBackOff: 800 };
    await page.evaluate((...args) => t.startFetch(...args), 'deploy', file.url, { retry });
    await waitForState(page, 'deploy', 'waiting-retry');
    const boots = test.boots().length;
    await browser.stopWorker(page);
    await test.nextBoot(boots);
    const event = await test.settled(page, 'deploy', 'backgroundfetchsuccess');
    assert.equal(event.records[0].sha256, await file.sha256());
    assert.equal(gets(await file.log()).filter((entry) => entry.status === 502).length, 16);
    await assertContinued(file, 2);
  },
);

scenario('patience: a network that leads nowhere for more than nine tries', { drawn: true, timeout: 120_000 }, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 8 * MiB, ...AWAY });
  const retry = { backOff: 50, maxBackOff: 100 };
  await page.evaluate((...args) => t.startFetch(...args), 'nowhere', file.url, { retry });
  await waitForState(page, 'nowhere', 'waiting-host');
  for (let tries = 0; tries < 14; ) {
    tries = await page.evaluate(hasTried, 'nowhere', 'cannot be reached');
    assert.equal(await page.evaluate(() => t.held.get('nowhere').result), '', `after ${tries} tries`);
  }
  await test.server.control('start', { name: file.name });
  const event = await test.settled(page, 'nowhere', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  await assertContinued(file, 1);
});

scenario('patience: giveUpAfter ends it, with the reason of ever', { drawn: true, timeout: 120_000 }, async (test) => {
  const { page } = await test.open();
  const retry = { backOff: 100, maxBackOff: 200, giveUpAfter: 3000 };
  const size = 4 * MiB;
  const refused = test.resource({ size, cut: 2 * MiB, status: 503, statusafter: 1 });
  const away = test.resource({ size, ...AWAY });
  await page.evaluate((...args) => t.startFetch(...args), 'away', away.url, { retry });
  assert.equal((await test.event('away')).failureReason, 'fetch-error');
  const begun = Date.now();
  await page.evaluate((...args) => t.startFetch(...args), 'refused', refused.url, { retry });
  const event = await test.event('refused');
  assert.deepEqual([event.failureReason, event.records[0].status], ['bad-status', 503]);
  assert.ok(Date.now() - begun >= 3000, `${Date.now() - begun} ms`);
  assert.ok(gets(await refused.log()).length > 10, 'more tries than were counted before');
});

/** The first wait is half a minute at least; what breaks off after some bytes goes on after 15 s at most. */
const LONG = { backOff: 60_000, maxBackOff: 60_000 };

/** Waits for the success, which comes before the wait would have been over. */
async function settledEarly(test, page, file, until) {
  const event = await test.settled(page, 'waits', 'backgroundfetchsuccess');
  assert.ok(Date.now() < until, `it succeeded ${Date.now() - until} ms after the wait`);
  assert.equal(event.records[0].sha256, await file.sha256());
  await assertContinued(file, 1);
}

for (const [what, tell] of Object.entries({
  'a page is online again': () => dispatchEvent(new Event('online')),
  'a page becomes visible': () => document.dispatchEvent(new Event('visibilitychange')),
})) {
  scenario(`patience: the wait ends when ${what}`, { drawn: true }, async (test) => {
    const { page } = await test.open();
    const file = test.resource({ size: 8 * MiB, ...AWAY });
    await page.evaluate((...args) => t.startFetch(...args), 'waits', file.url, { retry: LONG });
    await waitForState(page, 'waits', 'waiting-host');
    const until = await retryAt(page);
    await test.server.control('start', { name: file.name });
    await page.evaluate(tell);
    await settledEarly(test, page, file, until);
  });
}

scenario('patience: the wait ends when the host gives another record what it asks for', { drawn: true }, async (test) => {
  const { page } = await test.open();
  // So slow that a browser has given some of it before it hears of the cut.
  const file = test.resource({ size: 8 * MiB, rate: 8 * MiB, cut: 3 * MiB, status: 502, statusafter: 1, statuscount: 1 });
  await page.evaluate((...args) => t.startFetch(...args), 'waits', file.url, { retry: LONG });
  await page.waitFor('the wait after the 502', 30_000, () => t.held.get('waits').retryAt - Date.now() > 20_000);
  const until = await retryAt(page);
  const small = test.resource({ size: 1000 });
  await page.evaluate((url) => t.startFetch('small', url), small.url);
  await settledEarly(test, page, file, until);
});
