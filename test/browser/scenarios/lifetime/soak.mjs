// Many background fetches with random faults, and what is left of them: nothing. With
// --long it goes on for two minutes, in all browsers. wasm/engine/soak_test.go is the
// native one, in virtual time.
import { assert, scenario } from '../../lib/scenario.mjs';

const RECORDS = 10;
const AT_ONCE = 5;
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

const options = {
  browsers: ['chromium'],
  longBrowsers: ['chromium', 'firefox', 'webkit'],
  timeout: 240_000,
  longTimeout: 600_000,
};

scenario('soak', options, async (test) => {
  const [count, lastFor] = test.long ? [100, 120_000] : [20, 20_000];
  const { browser, page } = await test.open({ script: '/sw-soak.js' });
  const measure = async () => {
    // Go gives back what it refers to in JS some time after its garbage was collected, which this asks for.
    const ask = () => page.evaluate(async () => (await fetch('/__bgfetch__/program')).json());
    await ask();
    const { goroutines } = await ask();
    const program = await page.evaluate(async () => {
      const { active } = await t.site();
      const { port1, port2 } = new MessageChannel();
      const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
      active.postMessage({ type: 'measure' }, [port2]);
      return answer;
    });
    const around = await page.evaluate(async () => {
      const { held, pending } = await navigator.locks.query();
      return { locks: held.length + pending.length, caches: (await caches.keys()).length };
    });
    // Only Chromium tells what JS itself holds.
    return { ...program, ...around, goroutines, heap: (await browser.workerHeap?.()) ?? 0 };
  };

  let requests = 0;
  /** One background fetch to its end, some of them aborted on the way. */
  const one = async (id, round) => {
    const urls = Array.from({ length: RECORDS }, (_, i) => {
      const fault = FAULTS[(requests++ * 7 + round) % FAULTS.length];
      return test.resource({ size: 200_000, rate: 1_000_000, ...Object.fromEntries(new URLSearchParams(fault)) }).url;
    });
    await page.evaluate((...args) => t.startFetch(...args), id, urls);
    if (round % 7 === 3) await page.evaluate((id) => t.abort(id), id);
    const state = await page.evaluateFor(120_000, (id) => t.waitForResult(id, 110_000), id);
    assert.notEqual(state.result, '');
  };
  const isOver = async () => {
    await page.waitFor('the storage to be empty', 60_000, () => t.storageIsEmpty());
    assert.deepEqual(await page.evaluate(async () => (await t.site()).backgroundFetch.getIds()), []);
  };

  // Whatever is made once is made now.
  await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => one(`first-${i}`, i)));
  await isOver();
  const before = await measure();
  const rounds = [];
  const pace = lastFor / (count / AT_ONCE);
  for (let done = 0; done < count; done += AT_ONCE) {
    const next = Date.now() + pace;
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => one(`soak-${done + i}`, done + i)));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - Date.now())));
    await isOver();
    rounds.push(await measure());
  }
  const after = rounds.at(-1);
  const said = JSON.stringify({ before, rounds });
  assert.equal(test.boots().length, 1, 'one worker');
  for (const kind of ['locks', 'caches']) assert.equal(after[kind], before[kind], said);
  assert.ok(after.goroutines <= before.goroutines + 2, `goroutines: ${said}`);
  assert.ok(after.functions <= before.functions + 5, `functions: ${said}`);
  assert.ok(after.values <= before.values + 20, `values: ${said}`);
  assert.ok(after.memory <= before.memory + (8 << 20), `memory: ${said}`);
  assert.ok(after.heap <= before.heap + (4 << 20), `heap: ${said}`);
  return [{ name: said }];
});
