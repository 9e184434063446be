// The additions to the standard: pausing from script, and why nothing moves.
import { assert, gets, MiB, rangeStarts, scenario } from '../../lib/scenario.mjs';

scenario('pause, resume, and the state', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 8 * MiB, rate: 2 * MiB });
  await page.evaluate((url) => t.startFetch('film', url), file.url);
  await page.evaluate(() => {
    window.states = [];
    t.held.get('film').addEventListener('statechange', (event) => states.push(event.target.state));
    return t.waitForDownloaded('film', 1);
  });
  const paused = await page.evaluate(async () => {
    const film = t.held.get('film');
    const answer = await film.pause();
    const told = film.paused;
    await t.until('film', () => film.state === 'paused');
    const { downloaded } = film;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return { answer, told, more: film.downloaded - downloaded, listed: Object.keys(film) };
  });
  assert.deepEqual(paused, { answer: true, told: true, more: 0, listed: [] });
  const before = gets(await file.log()).length;

  await page.reload();
  const after = await page.evaluate(async () => {
    await t.getFetch('film');
    const film = t.held.get('film');
    const { paused, state, downloaded } = film;
    return { paused, state, some: downloaded > 0, answer: await film.resume(), told: film.paused };
  });
  assert.deepEqual(after, { paused: true, state: 'paused', some: true, answer: false, told: false });
  const event = await test.settled(page, 'film', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  const log = await file.log();
  assert.equal(gets(log).length, before + 1, 'one more request');
  assert.ok(rangeStarts(log).at(-1) > 0, 'it went on where it was');
  assert.equal(await page.evaluate(() => t.held.get('film').state), 'settled');
});

scenario('a pause among many small records leaves nothing that belongs to none', {}, async (test) => {
  const { page } = await test.open();
  const files = Array.from({ length: 120 }, () => test.resource({ size: 5000, delay: 40 }));
  const urls = files.map(({ url }) => url);
  await page.evaluate((urls) => t.startFetch('small', urls), urls);
  for (const share of [0.2, 0.4, 0.6]) {
    const { stored, downloaded } = await page.evaluate(
      async (bytes) => {
        await t.waitForDownloaded('small', bytes);
        const small = t.held.get('small');
        await small.pause();
        await t.until('small', () => small.state === 'paused');
        const name = (await caches.keys()).find((name) => name.startsWith('bgfetch:data:'));
        const cache = await caches.open(name);
        const bytesOf = async () => {
          const bodies = await Promise.all((await cache.keys()).map(async (key) => (await cache.match(key))?.arrayBuffer()));
          return bodies.reduce((sum, body) => sum + (body?.byteLength ?? 0), 0);
        };
        let stored;
        // What was under way is stored, or deleted, soon.
        for (let i = 0; i < 50 && (stored = await bytesOf()) !== small.downloaded; i++) {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        const { downloaded } = small;
        await small.resume();
        return { stored, downloaded };
      },
      share * 120 * 5000,
    );
    assert.equal(stored, downloaded);
  }
  const event = await test.settled(page, 'small', 'backgroundfetchsuccess');
  assert.equal(event.records.length, 120);
  assert.ok(event.records.every(({ size }) => size === 5000));
});
