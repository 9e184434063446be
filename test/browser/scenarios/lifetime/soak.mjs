// Many background fetches with random faults, links that expire, deploys, groups that are paused, some
// that are kept and some that fail and are made again, and what is left of them: nothing. With
// --long it goes on for two minutes and more, in all browsers. wasm/engine/soak_test.go is the
// native one, in virtual time.
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

const RECORDS = 10;
const FAULTS = [
  '',
  '',
  'cut=60001',
  'cut=1',
  'cut=60001,150001',
  'truncate=90001',
  'chunked=1',
  'chunked=1&cut=100001',
  'gzip=1&text=1',
  'gzip=1&text=1&cut=30001',
  'status=503&statuscount=1&retryafter=1',
  'status=404',
  'cut=60001&replaceafter=1',
  'cut=60001&norange=1',
  'cut=60001&rangefault=wrongstart&rangefaultcount=1',
  'cut=60001&status=404&statusafter=1',
  'delay=300',
];

/** What a server does to large files behind the first half, and the site sets right, or not. */
const RENEWED = ['status=403', 'status=401', 'status=502&statuscount=3', 'status=403', 'status=410'];
const TO_SET = 3;

/** Of these none is a failure. */
const HARMLESS = FAULTS.filter((fault) => !fault.includes('404'));

const options = {
  browsers: ['chromium'],
  longBrowsers: ['chromium', 'firefox', 'webkit'],
  timeout: 240_000,
  longTimeout: 600_000,
};

scenario('soak', options, async (test) => {
  const [rounds, lastFor] = test.long ? [12, 120_000] : [4, 20_000];
  const { browser, page } = await test.open({ script: '/sw-soak.js' });
  const askWorker = (type) =>
    page.evaluate(async (type) => {
      const { active } = await t.site();
      const { port1, port2 } = new MessageChannel();
      const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
      active.postMessage({ type }, [port2]);
      return answer;
    }, type);

  /** What is held and stored now. */
  const look = async () => {
    const { goroutines } = await page.evaluate(async () => (await fetch('/__bgfetch__/program')).json());
    const program = await askWorker('measure');
    const around = await page.evaluate(async () => {
      const { held, pending } = await navigator.locks.query();
      const names = await caches.keys();
      let bytes = 0;
      for (const name of names) {
        const cache = await caches.open(name);
        for (const key of await cache.keys()) bytes += (await (await cache.match(key)).blob()).size;
      }
      const { rows } = await t.listStorage();
      return { locks: held.length + pending.length, caches: names.length, bytes, rows };
    });
    return { ...program, ...around, goroutines };
  };
  const exact = ({ memory, ...figures }) => JSON.stringify(figures);
  /** The same when nothing moves any more: Go gives back what it refers to in JS some time after its garbage was collected. */
  const measure = async () => {
    let seen = await look();
    for (let same = 0, tries = 0; same < 3 && tries < 40; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      const next = await look();
      same = exact(next) === exact(seen) ? same + 1 : 0;
      seen = next;
    }
    // Only Chromium tells what JS itself holds.
    return { ...seen, heap: (await browser.workerHeap?.()) ?? 0 };
  };

  let requests = 0;
  const files = (round, count, faults) =>
    Array.from({ length: count }, () => {
      const fault = faults[(requests++ * 7 + round) % faults.length];
      return test.resource({ size: 200_000, rate: 1_000_000, ...Object.fromEntries(new URLSearchParams(fault)) }).url;
    });
  const start = (id, urls, more) => page.evaluate((...args) => t.startFetch(...args), id, urls, more);
  const end = async (id) => {
    const { result } = await page.evaluateFor(120_000, (id) => t.waitForResult(id, 110_000), id);
    assert.notEqual(result, '');
    return result;
  };
  const done = { set: 0, paused: 0, again: 0 };

  /** What is done at the same time, each to its end. */
  const kinds = {
    async plain(id, round) {
      await start(id, files(round, RECORDS, FAULTS));
      if (round % 7 === 3) await page.evaluate((id) => t.abort(id), id);
      await end(id);
    },
    async kept(id, round) {
      const expires = Date.now() + 2500;
      await start(id, files(round, 4, HARMLESS), { keep: round % 2 === 0 ? { group: 'soak' } : { expires } });
      assert.equal(await end(id), 'success');
    },
    async group(id, round) {
      for (const one of ['a', 'b']) await start(`${id}-${one}`, files(round, RECORDS, FAULTS), { group: 'season' });
      const paused = await page.evaluate(async () => {
        const group = (await t.site()).backgroundFetch.group('season');
        const paused = await group.pause();
        await new Promise((resolve) => setTimeout(resolve, 300));
        await group.resume();
        return paused;
      });
      done.paused += paused;
      for (const one of ['a', 'b']) await end(`${id}-${one}`);
    },
    async renewed(id, round) {
      const large = { size: 3 * MiB, rate: 4 * MiB, cut: 2 * MiB, statusafter: 1 };
      const urls = RENEWED.map((fault) => test.resource({ ...large, ...Object.fromEntries(new URLSearchParams(fault)) }).url);
      await start(id, urls, { retry: { backOff: 100, maxBackOff: 1000 } });
      const set = await page.evaluate(
        async (id, url) => {
          const record = await t.held.get(id).match(url);
          return t.held.get(id).setRequest(record, url.replace('&status=403', ''));
        },
        id,
        urls[TO_SET],
      );
      done.set += set;
      assert.equal(await end(id), 'failure', 'one is gone');
      if (round % 2 > 0) return;
      await test.event(id);
      const { downloaded } = await start(
        id,
        urls.map((url) => url.replace(/&status=410/, '')),
        { retry: { backOff: 100 } },
      );
      done.again += downloaded > 0;
      assert.equal(await end(id), 'success');
    },
  };
  const isOver = async () => {
    await page.waitFor('all to be done with', 60_000, async () => {
      const { fetches } = await (await fetch('/__bgfetch__/list')).json();
      return fetches.length === 0;
    });
    await askWorker('tidy');
    await page.evaluate(async () => {
      for (const path of ['remains', 'history']) await fetch(`/__bgfetch__/${path}`, { method: 'DELETE' });
    });
    await page.waitFor('the storage to be empty', 60_000, () => t.storageIsEmpty());
    assert.deepEqual(await page.evaluate(async () => (await t.site()).backgroundFetch.getIds()), []);
  };
  const all = async (round) => {
    await Promise.all(Object.entries(kinds).map(([kind, run]) => run(`${kind}-${round}`, round)));
    await isOver();
  };

  // Whatever is made once is made now.
  await all(0);
  const before = await measure();
  const measured = [];
  for (let round = 1; round <= rounds; round++) {
    const next = Date.now() + lastFor / rounds;
    await all(round);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - Date.now())));
    measured.push(await measure());
  }
  const after = measured.at(-1);
  Object.assign(done, await askWorker('happened'));
  const said = JSON.stringify({ ...done, before, measured });
  assert.equal(test.boots().length, 1, 'one worker');
  for (const [what, times] of Object.entries(done)) assert.ok(times > 0, `never ${what}: ${said}`);
  for (const kind of ['functions', 'goroutines', 'locks', 'caches', 'bytes', 'rows']) {
    assert.deepEqual(after[kind], before[kind], `${kind}: ${said}`);
  }
  // What the last calls had is given back by the next ones: a promise or a text more or less.
  assert.ok(after.values <= before.values + 2, `values: ${said}`);
  assert.ok(after.memory <= before.memory + (8 << 20), `memory: ${said}`);
  assert.ok(after.heap <= before.heap + (4 << 20), `heap: ${said}`);
  return [{ name: said }];
});
