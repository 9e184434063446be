// A week of a download, ten thousand times as fast: an hour is 0.36 s. A link is good for four hours of
// that. The network leads nowhere, a portal answers with its page, the server is being deployed, and the
// worker is stopped, at random. In the end there are the right bytes, hardly one was sent twice, and
// nobody has pressed a button. wasm/engine/week_test.go has thousands of whole weeks, in virtual time.
import { assert, bytesSent, gets, MiB, scenario } from '../../lib/scenario.mjs';

const RATE = 2 * MiB;
/** What a stop of the worker may cost: 2 s of transfer, and what the browser had received ahead of its reader. */
const STOP_COSTS = { chromium: 2 * RATE + 4 * MiB, firefox: 2 * RATE + 4 * MiB, webkit: 2 * RATE + 16 * MiB };
/** What the network may cost that breaks off: what was on the way. */
const CUT_COSTS = MiB;

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
  { drawn: true, timeout: 180_000, longTimeout: 900_000 },
  async (test) => {
    const [size, stops] = test.long ? [400 * MiB, 12] : [32 * MiB, 3];
    const { browser, page } = await test.open({ script: '/sw-refresh.js', stoppable: true, stops });
    const file = test.resource({ size, rate: RATE });
    const next = random(7);
    await page.evaluate((...args) => t.startFetch(...args), 'renews:week', `${file.url}&expires=${Date.now() + 1500}`, {
      retry: { backOff: 50, maxBackOff: 500 },
    });
    let ended = false;
    const end = test.event('renews:week', test.long ? 800_000 : 150_000).finally(() => (ended = true));
    let cuts = 0;
    let stopped = 0;
    for (let n = 0; !ended; n++) {
      await pause(600 + next() * 1800);
      const { downloaded } = await page.evaluate(() => ({ downloaded: t.held.get('renews:week').downloaded }));
      if (ended || downloaded > size - 2 * RATE) break;
      if (stopped < stops && downloaded > ((stopped + 1) * size) / (stops + 2)) {
        const boots = test.boots().length;
        await browser.stopWorker(page);
        await test.nextBoot(boots);
        stopped++;
        continue;
      }
      const [, command, parameters] = PHASES[n % PHASES.length];
      const ms = Math.round(300 + next() * 1500);
      await test.server.control(command, { ...parameters, ms, name: file.name });
      if (command === 'answer') await test.server.control('cut', { name: file.name });
      cuts++;
      await pause(ms);
    }
    const event = await end;
    assert.equal(event.type, 'backgroundfetchsuccess', event.failureReason);
    assert.equal(event.records[0].sha256, await file.sha256());
    assert.ok(stopped > 0 && cuts >= 5, `${stopped} stops, ${cuts} phases`);
    const log = await file.log();
    const sent = bytesSent(gets(log));
    const allowed = 1.02 * size + stopped * STOP_COSTS[test.driver.name] + cuts * CUT_COSTS;
    assert.ok(sent <= allowed, `${sent} bytes were sent for ${size}, and ${allowed} are enough`);
    assert.equal(gets(log).filter(({ range, status }) => status === 200 && !range).length, 1, 'one request for the whole');
    const links = test.reports.all(({ kind }) => kind === 'refresh').length;
    assert.ok(links >= 3, `${links} links`);
    return [
      { name: `${stopped} stops, ${cuts} phases, ${links} links: ${(((sent - size) / size) * 100).toFixed(1)} % sent twice` },
    ];
  },
);
