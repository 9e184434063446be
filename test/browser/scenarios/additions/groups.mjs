// Groups: background fetches that belong together, as one live object.
import { openAny } from '../../lib/any-worker.mjs';
import { openList } from '../../lib/list.mjs';
import { openGranted } from '../../lib/notifications.mjs';
import { assert, gets, MiB, rangeStarts, scenario } from '../../lib/scenario.mjs';

const GROUP = 'Season 1 / ✓';

/** Three files, each a background fetch of the group. */
async function season(test, page, options = {}, size = 4 * MiB) {
  const files = [0, 1, 2].map(() => test.resource({ size, rate: 2 * MiB, ...options }));
  await page.evaluate(
    async (urls, group, downloadTotal) => {
      for (const [i, url] of urls.entries()) await t.startFetch(`e${i}`, url, { group, downloadTotal });
    },
    files.map(({ url }) => url),
    GROUP,
    size,
  );
  return files;
}

/** In the page: the group as `group`, and its events. */
const hold = async (name) => {
  window.group = (await t.site()).backgroundFetch.group(name);
  window.told = [];
  const note = ({ type }) => {
    const { ids, downloaded, downloadTotal, state, states, results } = group;
    told.push({ type, ids, downloaded, downloadTotal, state, states, results });
  };
  group.onprogress = note;
  group.onstatechange = note;
};

const sums = () => {
  const { name, ids, downloaded, downloadTotal, uploaded, uploadTotal, state, states, results } = group;
  return { name, ids, downloaded, downloadTotal, uploaded, uploadTotal, state, states, results };
};

const EMPTY = {
  ...{ name: GROUP, ids: [], downloaded: 0, downloadTotal: 0, uploaded: 0, uploadTotal: 0 },
  ...{ state: 'settled', states: {}, results: { success: 0, failure: 0 } },
};

scenario('groups: the sums, events, and what became of each', {}, async (test) => {
  const { page } = await test.open();
  await page.evaluate(hold, GROUP);
  assert.deepEqual(await page.evaluate(sums), EMPTY, 'nobody has it');
  assert.deepEqual(
    await page.evaluate(async () => [await group.pause(), await group.resume(), await group.abort(), await group.setOptions({})]),
    [false, false, false, false],
  );
  const files = await season(test, page, { rate: MiB / 2 });
  await page.waitFor('something of it', 20_000, () => group.downloaded > 0 && group.ids.length === 3);
  const first = await page.evaluate(async (name) => {
    const { backgroundFetch } = await t.site();
    return {
      same: backgroundFetch.group(name) === group,
      isGroup: group instanceof BackgroundFetchGroup && group instanceof EventTarget,
      of: t.held.get('e0').group,
      total: group.downloadTotal,
      listed: (await (await fetch('/__bgfetch__/list')).json()).fetches.map(({ group }) => group),
    };
  }, GROUP);
  assert.deepEqual(first, { same: true, isGroup: true, of: GROUP, total: 12 * MiB, listed: [GROUP, GROUP, GROUP] });
  for (const [i, file] of files.entries()) {
    const event = await test.event(`e${i}`);
    assert.equal(event.type, 'backgroundfetchsuccess');
    assert.equal(event.records[0].sha256, await file.sha256());
  }
  await page.waitFor('the storage to be empty', 20_000, () => t.storageIsEmpty());
  await page.waitFor('all results', 10_000, () => group.results.success === 3);
  const done = {
    ...EMPTY,
    ids: ['e0', 'e1', 'e2'],
    downloaded: 12 * MiB,
    downloadTotal: 12 * MiB,
    results: { success: 3, failure: 0 },
  };
  assert.deepEqual(await page.evaluate(sums), done);
  const told = await page.evaluate(() => told);
  const progress = told.filter(({ type }) => type === 'progress').map(({ downloaded }) => downloaded);
  assert.ok(progress.length >= 3, `${progress.length} progress events`);
  assert.deepEqual(
    progress,
    progress.toSorted((a, b) => a - b),
    'it only grows',
  );
  assert.ok(told.some(({ type, state }) => type === 'statechange' && state === 'running'));
  assert.deepEqual(told.at(-1).results, { success: 3, failure: 0 });

  // What has ended is known to other pages and after a restart, and the history tells the group.
  await page.reload();
  await page.evaluate(hold, GROUP);
  await page.waitFor('the sums', 20_000, () => group.results.success === 3);
  assert.deepEqual(await page.evaluate(sums), done);
  const history = await page.evaluate(async () => (await (await fetch('/__bgfetch__/history')).json()).fetches);
  assert.deepEqual(
    history.map(({ id, group }) => [id, group]).sort(),
    ['e0', 'e1', 'e2'].map((id) => [id, GROUP]),
  );
});

scenario('groups: all are paused, changed, go on, and are aborted', { timeout: 120_000 }, async (test) => {
  const { page } = await test.open();
  await page.evaluate(hold, GROUP);
  const files = await season(test, page, { rate: MiB / 2 });
  await page.waitFor('something of each', 20_000, () => ['e0', 'e1', 'e2'].every((id) => t.held.get(id).downloaded > 0));
  const paused = await page.evaluate(async () => {
    const answer = await group.pause();
    return { answer, each: [...t.held.values()].map(({ paused }) => paused) };
  });
  assert.deepEqual(paused, { answer: true, each: [true, true, true] });
  await page.waitFor('all to have stopped', 20_000, () => group.states.paused === 3 && group.state === 'paused');
  const requests = async () => Promise.all(files.map(async (file) => gets(await file.log()).length));
  const [asked, before] = [await requests(), await page.evaluate(() => group.downloaded)];
  await new Promise((resolve) => setTimeout(resolve, 2000));
  assert.deepEqual(await requests(), asked, 'no request while it is paused');
  assert.equal(await page.evaluate(() => group.downloaded), before);

  const changed = await page.evaluate(async () => {
    const answer = await group.setOptions({ priority: 'low', maxBandwidth: 8_000_000 });
    const wrong = await t.rejection(() => group.setOptions({ priority: 'highest' }));
    return { answer, wrong: wrong.message, each: [...t.held.values()].map((one) => [one.priority, one.maxBandwidth]) };
  });
  assert.deepEqual({ ...changed, wrong: '' }, { answer: true, wrong: '', each: Array(3).fill(['low', 8_000_000]) });
  assert.match(changed.wrong, /options\.priority.*highest/);

  assert.equal(await page.evaluate(() => group.resume()), false);
  for (const [i, file] of files.entries()) {
    const event = await test.event(`e${i}`);
    assert.equal(event.records[0].sha256, await file.sha256());
    assert.ok(rangeStarts(await file.log()).at(-1) > 0, 'it went on where it was');
  }
  await page.waitFor('the storage to be empty', 20_000, () => t.storageIsEmpty());

  const more = ['a', 'b'].map(() => test.resource({ size: 64 * MiB, rate: MiB }));
  const other = test.resource({ size: MiB, rate: MiB });
  await page.evaluate(
    async ([a, b], other, group) => {
      await t.startFetch('a', a, { group });
      await t.startFetch('b', b, { group });
      await t.startFetch('other', other);
    },
    more.map(({ url }) => url),
    other.url,
    GROUP,
  );
  await page.waitFor('both', 20_000, () => group.ids.length === 2 && group.states.running === 2);
  assert.deepEqual(await page.evaluate(async () => [await group.abort(), await group.abort()]), [true, false]);
  await page.waitFor('both to show it', 10_000, () => ['a', 'b'].every((id) => t.held.get(id).failureReason === 'aborted'));
  await page.waitFor('both results', 10_000, () => group.results.failure === 2);
  assert.equal(await page.evaluate(() => group.downloaded), 0);
  for (const id of ['a', 'b']) assert.equal((await test.event(id)).type, 'backgroundfetchabort');
  assert.equal((await test.event('other')).type, 'backgroundfetchsuccess');
});

scenario('groups: the page is reloaded, and the worker stopped', { drawn: true, timeout: 180_000 }, async (test) => {
  const { browser, page } = await test.open({ stoppable: true });
  await page.evaluate(hold, GROUP);
  const files = await season(test, page, { rate: MiB }, 8 * MiB);
  await page.waitFor('3 MiB', 30_000, () => group.downloaded > 3 * 2 ** 20);
  const boots = test.boots().length;
  await browser.stopWorker(page);
  await test.nextBoot(boots);
  const before = await page.evaluate(() => group.downloaded);
  await page.waitFor('it to go on', 30_000, (before) => group.downloaded > before, before);
  assert.deepEqual(await page.evaluate(() => group.ids), ['e0', 'e1', 'e2']);
  await page.reload();
  await page.evaluate(hold, GROUP);
  await page.waitFor('the sums', 30_000, (before) => group.downloaded > before, before);
  assert.equal(await page.evaluate(() => group.pause()), true);
  const again = test.boots().length;
  await browser.stopWorker(page);
  await test.nextBoot(again);
  await page.waitFor('all to be paused', 30_000, () => group.states.paused === 3);
  assert.equal(await page.evaluate(() => group.resume()), false);
  for (const [i, file] of files.entries()) {
    const event = await test.event(`e${i}`);
    assert.equal(event.type, 'backgroundfetchsuccess');
    assert.equal(event.records[0].sha256, await file.sha256());
  }
  await page.waitFor('all results', 30_000, () => group.results.success === 3 && group.downloaded === 24 * 2 ** 20);
});

scenario('groups: one notification, with the sums', { timeout: 120_000 }, async (test) => {
  const { page, inWorker, waitForShown } = await openGranted(test);
  await season(test, page, { rate: MiB / 4 });
  const host = new URL(test.server.url).host;
  const [first] = await waitForShown('a notification', (all) => all.length > 0);
  assert.equal(first.tag, `bgfetch:group:${GROUP}`);
  assert.equal(first.title, GROUP);
  assert.match(first.body, /\n[\d.]+ \/ 13 MB · 0 \/ 3$/);
  await inWorker(() => self.fire('notificationclick', 'bgfetch:', 'pause'));
  await waitForShown('the pause', ([one]) => one?.body.includes('⏸'));
  assert.deepEqual(await page.evaluate(() => ['e0', 'e1', 'e2'].map((id) => t.held.get(id).paused)), [true, true, true]);
  await inWorker(() => self.fire('notificationclick', 'bgfetch:', 'resume'));
  const all = await waitForShown('the result', (all) => all.some(({ body }) => body.includes('✓')), 40_000);
  assert.deepEqual(
    all.map(({ title, body }) => [title, body]),
    [[GROUP, `${host}\n✓ 13 / 13 MB · 3 / 3`]],
  );
});

scenario('groups: the list has one row, which opens', { timeout: 120_000 }, async (test) => {
  const { page } = await openList(test);
  await season(test, page, { rate: MiB / 4 });
  const rows = await page.waitFor('four rows', 20_000, () => {
    const rows = list.rows();
    return rows.length === 4 && rows[0].state === 'running' && rows;
  });
  assert.deepEqual(
    rows.map(({ title }) => title),
    [GROUP, 'e0', 'e1', 'e2'],
  );
  const seen = await page.evaluate(() => {
    const box = list.root().querySelector('details.group');
    const before = [box.open, box.checkVisibility(), box.querySelector('.item').checkVisibility()];
    box.open = true;
    return [...before, box.querySelector('.item').checkVisibility(), box.querySelector('summary').textContent];
  });
  assert.deepEqual(seen, [false, true, false, true, '3 downloads']);
  await page.evaluate((name) => list.press(`Pause ${name}`), GROUP);
  await page.waitFor('all to be paused', 20_000, () => list.rows().every(({ state }) => state === 'paused'));
  await page.evaluate((name) => list.press(`Resume ${name}`), GROUP);
  await page.waitFor('all to have ended', 80_000, () => {
    const rows = list.rows();
    return rows.length === 3 && rows.every(({ state }) => state === 'success');
  });
  for (const { meta } of await page.evaluate(() => list.rows())) assert.ok(meta.startsWith(`${GROUP} · `), meta);
});

scenario('groups: in the worker, and bad names', {}, async (test) => {
  const { page, inWorker } = await openAny(test);
  const file = test.resource({ size: 2 * MiB, rate: MiB });
  const bad = async (url) => {
    const { backgroundFetch } = self.registration ?? (await t.site());
    const refused = {};
    const tryTo = async (what, call) => {
      refused[what] = await Promise.resolve()
        .then(call)
        .then(
          () => 'accepted',
          (error) => `${error.name}: ${error.message}`,
        );
    };
    for (const [what, name] of Object.entries({ empty: '', long: 'x'.repeat(501), number: 7, null: null, symbol: Symbol('x') })) {
      await tryTo(`group: ${what}`, () => backgroundFetch.group(name));
      await tryTo(`fetch: ${what}`, () => backgroundFetch.fetch('bad', url, { group: name }));
      await tryTo(`keep: ${what}`, () => backgroundFetch.fetch('bad', url, { keep: { group: name } }));
    }
    await tryTo('group: none', () => backgroundFetch.group());
    await tryTo('new', () => new BackgroundFetchGroup());
    await tryTo('getter', () => BackgroundFetchGroup.prototype.downloaded);
    const long = backgroundFetch.group('😀'.repeat(500));
    return { refused, long: long.name.length, ids: await backgroundFetch.getIds() };
  };
  const names = {
    group: /^TypeError: name /,
    fetch: /^TypeError: options\.group /,
    keep: /^TypeError: options\.keep\.group /,
    new: /^TypeError/,
    getter: /^TypeError/,
  };
  for (const where of [await page.evaluate(bad, file.url), await inWorker(bad, file.url)]) {
    for (const [what, answer] of Object.entries(where.refused)) assert.match(answer, names[what.split(':')[0]], what);
    assert.deepEqual([where.long, where.ids], [1000, []]);
  }
  assert.deepEqual(await file.log(), []);

  await inWorker(() => {
    self.group = self.registration.backgroundFetch.group('\uD800 lone');
    self.told = [];
    group.addEventListener('progress', () => told.push(group.downloaded));
  });
  await page.evaluate((url) => t.startFetch('w', url, { group: '\uD800 lone' }), file.url);
  await page.evaluate(() => t.waitForResult('w', 20_000));
  const told = await inWorker(async () => {
    while (group.results.success === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    return { told, ids: group.ids, name: group.name === '\uD800 lone' };
  });
  assert.deepEqual([told.ids, told.name, told.told.at(-1)], [['w'], true, 2 * MiB]);
});

scenario('groups: the worker pauses all, changes them, lets them go on, and aborts them', { timeout: 120_000 }, async (test) => {
  const { page, inWorker } = await openAny(test);
  const call = (method, ...args) =>
    inWorker(
      async (name, method, args) => {
        const group = self.registration.backgroundFetch.group(name);
        return group[method](...args);
      },
      GROUP,
      method,
      args,
    );
  const nobody = await inWorker(async (name) => {
    const group = self.registration.backgroundFetch.group(name);
    const wrong = await group.setOptions({ priority: 'highest' }).catch((error) => `${error.name}: ${error.message}`);
    return [await group.pause(), await group.resume(), await group.abort(), await group.setOptions({}), wrong];
  }, GROUP);
  assert.deepEqual(nobody.slice(0, 4), [false, false, false, false]);
  assert.match(nobody[4], /^TypeError: options\.priority .*highest/);

  await page.evaluate(hold, GROUP);
  const files = await season(test, page, { rate: MiB / 2 });
  await page.waitFor('something of each', 20_000, () => ['e0', 'e1', 'e2'].every((id) => t.held.get(id).downloaded > 0));
  assert.equal(await call('pause'), true);
  await page.waitFor('all to have stopped', 20_000, () => group.states.paused === 3 && group.state === 'paused');
  const before = await Promise.all(files.map(async (file) => gets(await file.log()).length));
  assert.equal(await call('setOptions', { priority: 'low', maxBandwidth: 8_000_000 }), true);
  await page.waitFor('all to show it', 20_000, () =>
    [...t.held.values()].every(({ priority, maxBandwidth }) => priority === 'low' && maxBandwidth === 8_000_000),
  );
  assert.deepEqual(await Promise.all(files.map(async (file) => gets(await file.log()).length)), before);
  assert.equal(await call('resume'), false);
  for (const [i, file] of files.entries()) {
    await page.evaluate((id) => t.waitForResult(id, 40_000), `e${i}`);
    assert.ok(rangeStarts(await file.log()).at(-1) > 0, 'it went on where it was');
    assert.equal(await page.evaluate((id) => t.held.get(id).result, `e${i}`), 'success');
  }
  await page.waitFor('the storage to be empty', 20_000, () => t.storageIsEmpty());

  const more = ['a', 'b'].map(() => test.resource({ size: 64 * MiB, rate: MiB }));
  const urls = more.map(({ url }) => url);
  await page.evaluate(
    async ([a, b], group) => {
      await t.startFetch('a', a, { group });
      await t.startFetch('b', b, { group });
    },
    urls,
    GROUP,
  );
  await page.waitFor('both', 20_000, () => group.ids.length === 2 && group.states.running === 2);
  assert.deepEqual([await call('abort'), await call('abort')], [true, false]);
  await page.waitFor('both to show it', 10_000, () => ['a', 'b'].every((id) => t.held.get(id).failureReason === 'aborted'));
  await page.waitFor('the storage to be empty', 20_000, () => t.storageIsEmpty());
  assert.deepEqual(await page.evaluate(() => t.remains()), []);
});
