// How long what is kept stays: until it expires, is deleted, or its room is needed.
import { assert, MiB, scenario } from '../../lib/scenario.mjs';
import { callKept } from '../../lib/kept.mjs';

const open = async (test, options) => {
  const opened = await test.open({ script: '/sw-retention.js', ...options });
  await opened.page.evaluate(`(() => { window.kept = ${callKept}; })()`);
  return opened;
};

/** Keeps a file of that size, and waits until it is done with. */
async function keep(test, page, id, keep, size = MiB) {
  const file = test.resource({ size });
  await page.evaluate((...args) => t.startFetch(...args), id, file.url, { keep });
  assert.equal((await test.event(id)).type, 'backgroundfetchsuccess');
  await page.waitFor('it to be done with', 20_000, async () => {
    const { fetches } = await (await fetch('/__bgfetch__/list')).json();
    return fetches.length === 0;
  });
  return file;
}

const stay = (page, ids) =>
  page.waitFor(
    `only ${ids} to be kept`,
    20_000,
    async (ids) => {
      const { result } = await kept('list');
      const caches = (await t.listStorage()).caches.length;
      return (
        result
          .map(({ id }) => id)
          .sort()
          .join() === ids && caches === result.length
      );
    },
    ids,
  );

const evicted = (test) => test.reports.wait('backgroundfetchevict', ({ kind }) => kind === 'evict', { timeout: 30_000 });

scenario('retention: groups, their sizes, and what is pinned; all of a group is deleted', {}, async (test) => {
  const { page } = await open(test);
  const expires = Date.now() + 3_600_000;
  await keep(test, page, 'a', { group: 'season ✓', expires });
  await keep(test, page, 'b', { group: 'season ✓', pinned: true }, 2 * MiB);
  const single = await keep(test, page, 'c', true, 1000);
  const { result: list } = await page.evaluate(() => kept('list'));
  assert.deepEqual(
    list.map(({ id, group, pinned, expires, size }) => [id, group, pinned, expires && Number(new Date(expires)), size]),
    [
      ['c', '', false, null, 1000],
      ['b', 'season ✓', true, null, 2 * MiB],
      ['a', 'season ✓', false, expires, MiB],
    ],
  );
  const { result: usage } = await page.evaluate(() => kept('usage'));
  assert.deepEqual(usage, { bytes: 3 * MiB + 1000, groups: { '': 1000, 'season ✓': 3 * MiB } });
  assert.deepEqual(await page.evaluate(() => kept('delete', { group: 'season ✓' })), { result: true });
  await stay(page, 'c');
  assert.deepEqual(await page.evaluate(() => kept('usage')), { result: { bytes: 1000, groups: { '': 1000 } } });
  const unknown = await page.evaluate(() => kept('delete', { group: 'season ✓' }));
  assert.equal(unknown.error, 'TypeError');
  assert.match(unknown.message, /group/);
  assert.equal((await page.evaluate((url) => kept('match', url), single.url)).result, await single.sha256());
  assert.equal(test.reports.all(({ kind }) => kind === 'evict').length, 0, 'who deletes is not told of it');
});

scenario('retention: what was read longest ago goes first above keepMax, after the site was told', {}, async (test) => {
  const { page } = await open(test, { worker: { keepMax: 3 * MiB, reads: 1 } });
  await keep(test, page, 'pinned', { pinned: true });
  const a = await keep(test, page, 'a', true);
  await keep(test, page, 'b', true);
  await keep(test, page, 'c', true);
  await stay(page, 'a,b,c,pinned');
  assert.equal((await page.evaluate((url) => kept('match', url), a.url)).result, await a.sha256());
  await keep(test, page, 'd', true);
  const { records, there, constructor } = await evicted(test);
  assert.deepEqual([records.map(({ id }) => id), there, constructor], [['b'], [true], 'BackgroundFetchEvictEvent']);
  await stay(page, 'a,c,d,pinned');
});

scenario('retention: keepMax as a share of the quota', {}, async (test) => {
  const { page } = await open(test, { worker: { keepMax: 0.25, room: 12 * MiB } });
  await keep(test, page, 'pinned', { pinned: true });
  for (const id of ['a', 'b', 'c']) await keep(test, page, id, true);
  await stay(page, 'a,b,c,pinned');
  assert.equal(test.reports.all(({ kind }) => kind === 'evict').length, 0, 'a quarter of the quota is 3 MiB');
  await keep(test, page, 'd', true);
  const { records } = await evicted(test);
  assert.deepEqual(
    records.map(({ id }) => id),
    ['a'],
  );
  await stay(page, 'b,c,d,pinned');
});

scenario('retention: what has expired is not found, and deleted after the site was told', { drawn: true }, async (test) => {
  const { page } = await open(test, { worker: { reads: 1 } });
  const file = await keep(test, page, 'short', { expires: Date.now() + 15_000 });
  await keep(test, page, 'long', { expires: Date.now() + 3_600_000 });
  const { records, there } = await evicted(test);
  assert.deepEqual([records.map(({ id }) => id), there], [['short'], [false]]);
  assert.equal((await page.evaluate((url) => kept('match', url), file.url)).result, undefined);
  await stay(page, 'long');
});

scenario('retention: bad input is a TypeError that names the member', {}, async (test) => {
  const room = 40 * MiB;
  const { page } = await open(test, { worker: { keepMax: room + 1, room } });
  const { url } = test.resource({ size: 10 });
  const refusals = await page.evaluate(async (url) => {
    const rejected = (options) => t.rejection(() => t.startFetch('bad', url, options));
    return {
      expires: await rejected({ keep: { expires: Date.now() - 1000 } }),
      'expires ': await rejected({ keep: { expires: new Date('no') } }),
      group: await rejected({ keep: { group: 'x'.repeat(501) } }),
      pinned: await rejected({ keep: { pinned: 'yes' } }),
      room: await rejected({ room: 'all' }),
      keepMax: await rejected({ keep: true }),
    };
  }, url);
  for (const [member, refused] of Object.entries(refusals)) {
    assert.equal(refused?.name, 'TypeError', `${member}: ${JSON.stringify(refused)}`);
    assert.ok(refused.message.includes(member.trim()), refused.message);
  }
});

scenario('retention: room is made of what was kept, where the options say so', { drawn: true }, async (test) => {
  const { page } = await open(test, { worker: { room: 40 * MiB } });
  const pinned = await keep(test, page, 'pinned', { pinned: true }, 8 * MiB);
  await keep(test, page, 'old', true, 16 * MiB);
  const large = test.resource({ size: 24 * MiB });
  await page.evaluate((url) => t.startFetch('polite', url), large.url);
  assert.equal((await test.event('polite')).failureReason, 'quota-exceeded');
  await page.evaluate(() => t.deleteRemains());
  await page.evaluate((url) => t.startFetch('large', url, { room: 'evict' }), large.url);
  const event = await test.event('large', 80_000);
  assert.deepEqual([event.type, event.records[0].sha256], ['backgroundfetchsuccess', await large.sha256()]);
  const { records } = await evicted(test);
  assert.deepEqual(
    records.map(({ id }) => id),
    ['old'],
  );
  assert.equal((await page.evaluate((url) => kept('match', url), pinned.url)).result, await pinned.sha256());
});
