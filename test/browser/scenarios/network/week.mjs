// A week of a download: links expire, the network leads nowhere, a portal answers with its page, the server
// is being deployed, and the worker is stopped, at random. In the end there are the right bytes, hardly one
// was sent twice, and nobody has pressed a button. Each day it is ten thousand times as fast, in the long
// suite a hundred times: that takes an hour and forty minutes. wasm/engine/week_test.go has thousands of
// whole weeks, in virtual time.
import { assert, bytesSent, gets, MiB, scenario } from '../../lib/scenario.mjs';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/**
 * How a week is played: `speed` times as fast, a file of `size` bytes at `rate` bytes per second, a link that
 * is good for `life` ms of that week, phases of `phase` ms with `calm` ms between them, from and to. A stop
 * of the worker may cost `stopCosts` bytes, and what was on the way where the network breaks off `cutCosts`.
 */
const FAST = {
  speed: 10_000,
  size: 32 * MiB,
  rate: 2 * MiB,
  stops: { chromium: 3, firefox: 3, webkit: 3 },
  life: 4 * HOUR,
  calm: [100 * MINUTE, 400 * MINUTE],
  phase: [50 * MINUTE, 300 * MINUTE],
  // What comes in 2 s, and what the browser had received ahead of its reader.
  stopCosts: { chromium: 8 * MiB, firefox: 8 * MiB, webkit: 20 * MiB },
  cutCosts: MiB,
};
const WHOLE = {
  speed: 100,
  size: 960 * MiB,
  rate: MiB / 4,
  // In WebKitGTK each needs a tab that was opened before.
  stops: { chromium: 40, firefox: 40, webkit: 12 },
  life: HOUR,
  calm: [10 * MINUTE, 50 * MINUTE],
  phase: [2 * MINUTE, 30 * MINUTE],
  stopCosts: { chromium: 1.5 * MiB, firefox: 1.5 * MiB, webkit: 4 * MiB },
  cutCosts: MiB / 8,
};
const WEEK = 7 * 24 * HOUR;

/** Numbers from 0 to 1, the same in each run (mulberry32). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What comes next, and for how many ms. */
const PHASES = [
  ['a tunnel', 'stop', {}],
  ['a deploy', 'answer', { status: 502 }],
  ['a deploy that says for how long', 'answer', { status: 503, retryafter: 1 }],
  ['a portal', 'answer', { status: 200 }],
  ['a portal that says so', 'answer', { status: 511 }],
];

scenario(
  'week: links that expire, tunnels, portals, deploys and dead workers',
  { drawn: true, timeout: 180_000, longTimeout: (1.3 * WEEK) / WHOLE.speed },
  async (test) => {
    const week = test.long ? WHOLE : FAST;
    const { size, rate, speed } = week;
    const stops = week.stops[test.driver.name];
    const { browser, page } = await test.open({ script: '/sw-refresh.js', stoppable: true, stops });
    const file = test.resource({ size, rate, link: rate }); // by several ranges it would be over too soon
    const next = random(7);
    const some = ([least, most]) => Math.round((least + next() * (most - least)) / speed);
    const life = week.life / speed;
    const id = `renews:week:${life}`;
    const begun = Date.now();
    await page.evaluate((...args) => t.startFetch(...args), id, `${file.url}&expires=${begun + life}`, {
      retry: { backOff: 50, maxBackOff: 500 },
    });
    let ended = false;
    const end = test.event(id, test.long ? (1.25 * WEEK) / speed : 150_000).finally(() => (ended = true));
    let cuts = 0;
    let stopped = 0;
    for (let n = 0; !ended; n++) {
      await pause(some(week.calm));
      const { downloaded } = await page.evaluate((id) => ({ downloaded: t.held.get(id).downloaded }), id);
      if (ended || downloaded > size - 2 * rate) break;
      if (stopped < stops && downloaded > ((stopped + 1) * size) / (stops + 2)) {
        const boots = test.boots().length;
        await browser.stopWorker(page);
        await test.nextBoot(boots);
        stopped++;
        continue;
      }
      const [, command, parameters] = PHASES[n % PHASES.length];
      const ms = some(week.phase);
      await test.server.control(command, { ...parameters, ms, name: file.name });
      if (command === 'answer') await test.server.control('cut', { name: file.name });
      cuts++;
      await pause(ms);
    }
    const event = await end;
    const days = ((Date.now() - begun) * speed) / (24 * HOUR);
    assert.equal(event.type, 'backgroundfetchsuccess', event.failureReason);
    assert.equal(event.records[0].sha256, await file.sha256());
    assert.ok(stopped > 0 && cuts >= 5, `${stopped} stops, ${cuts} phases`);
    const log = await file.log();
    const sent = bytesSent(gets(log));
    const allowed = 1.02 * size + stopped * week.stopCosts[test.driver.name] + cuts * week.cutCosts;
    assert.ok(sent <= allowed, `${sent} bytes were sent for ${size}, and ${allowed} are enough`);
    assert.equal(gets(log).filter(({ range, status }) => status === 200 && !range).length, 1, 'one request for the whole');
    const links = test.reports.all(({ kind }) => kind === 'refresh').length;
    assert.ok(links >= 3, `${links} links`);
    const twice = `${(((sent - size) / size) * 100).toFixed(1)} % sent twice`;
    return [{ name: `${days.toFixed(1)} days, ${stopped} stops, ${cuts} phases, ${links} links: ${twice}` }];
  },
);
