// Random lives: background fetches from servers that are drawn at random, with pauses, stops of the
// worker and cuts meanwhile. Success means the right bytes, everything ends, and nothing is left.
// wasm/engine/lives_test.go is the native one, in virtual time. A run of its own:
//   LIVES=<seed>[,<batches>] node test/browser/run.mjs --browser firefox --grep "random lives"
import { draws, random } from '../../lib/random.mjs';
import { drawServer } from '../../lib/random-server.mjs';
import { assert, bytesSent, gets, MiB, scenario } from '../../lib/scenario.mjs';
import { sri } from '../../lib/sri.mjs';

/** How many background fetches run at the same time. */
const BATCH = 30;
const RETRY = { backOff: 100, maxBackOff: 1000, giveUpAfter: 20_000, stallTimeout: 3000, headTimeout: 5000 };

/** The seed of the first batch, and how many follow. */
const [first, batches] = (process.env.LIVES ?? '1').split(',').map(Number);

const options = { drawn: true, timeout: 240_000 * (batches || 1), longTimeout: 240_000 * (batches || 5) };

scenario('random lives', options, async (test) => {
  const cases = [];
  const count = batches || (test.long ? 5 : 1);
  for (let seed = first; seed < first + count; seed++) cases.push(...(await live(test, seed)));
  return cases;
});

async function live(test, seed) {
  const drawn = draws(random(seed));
  const { browser, page } = await test.open({ stoppable: true, stops: 4 });
  const lives = Array.from({ length: BATCH }, (_, index) => {
    const server = drawServer(drawn, 100 * seed + 2 * index);
    const name = `${test.id}-${seed}-${index}`;
    const origin = server.crossOrigin ? test.server.url2 : test.server.url;
    const options = { retry: RETRY, ...(drawn.chance(10) && { maxBandwidth: MiB }) };
    return {
      ...server,
      name,
      options,
      id: `life ${seed}.${index}`,
      url: `${origin}/file/${name}?${new URLSearchParams(server.query)}`,
    };
  });
  for (const life of lives) {
    life.right = await Promise.all(life.versions.map((version) => test.server.sha256(version)));
    const integrity = drawn.chance(10) ? sri(life.right[0]) : undefined;
    await page.evaluate((...args) => t.startFetch(...args), life.id, { url: life.url, integrity }, life.options);
  }
  await happen(test, browser, page, lives, drawn);
  const cases = await Promise.all(
    lives.map(async (life) => {
      const result = { name: life.id };
      try {
        const event = await test.event(life.id, 150_000);
        await judge(test, life, event, result);
      } catch (error) {
        result.error = new Error(
          `LIVES=${seed} ${life.crossOrigin ? 'cross-origin ' : ''}${new URLSearchParams(life.query)}: ${error.message}`,
        );
      }
      return result;
    }),
  );
  await page.evaluate(() => t.deleteRemains());
  await page.waitFor('the storage to be empty', 30_000, () => t.storageIsEmpty());
  await browser.close();
  return cases;
}

/** What happens meanwhile: three stops of the worker, pauses, and connections that break. */
async function happen(test, browser, page, lives, { below, one }) {
  for (let n = 0; n < 9; n++) {
    await new Promise((resolve) => setTimeout(resolve, 200 + below(600)));
    const { id } = lives[below(lives.length)];
    if (n % 3 === 2) {
      await browser.stopWorker(page);
    } else if (one(true, false)) {
      await fetch(new URL('/__control__/cut', test.server.url), { method: 'POST' });
    } else {
      const pause = async (id, ms) => {
        if (
          !(await t.held
            .get(id)
            .pause()
            .catch(() => false))
        )
          return;
        await new Promise((resolve) => setTimeout(resolve, ms));
        await t.held.get(id).resume();
      };
      await page.evaluate(pause, id, below(1500));
    }
  }
}

/** Success means one version of the file, whole. */
async function judge(test, { name, query, good, right }, event, result) {
  const log = await test.server.log(name);
  const [record] = event.records;
  result.name += ` [${event.failureReason || 'success'}, ${gets(log).length} requests, ${(bytesSent(log) / Math.max(1, query.size)).toFixed(2)} times the size]`;
  if (event.result !== 'success') result.name += ` ${new URLSearchParams(query)}`;
  if (event.result === 'success')
    assert.ok(right.includes(record.sha256), `success with ${record.size} wrong bytes, ${JSON.stringify(record.error)}`);
  else assert.ok(!good, `${event.failureReason} with a good server`);
  assert.ok(gets(log).length <= 150, `${gets(log).length} requests`);
}
