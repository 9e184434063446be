// Options of fetch() that are additions to the standard, and the room for what is fetched.
import { assert, bytesSent, gets, MiB, rangeStarts, scenario } from '../../lib/scenario.mjs';

scenario('options: wrong ones are TypeErrors that name the member', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 1000 });
  const refused = await page.evaluate(async (url) => {
    const { backgroundFetch } = await t.site();
    const wrong = {
      paused: { paused: 'yes' },
      'options.retry': { retry: 3 },
      'retry.maxFailures': { retry: { maxFailures: -1 } },
      'retry.backOff': { retry: { backOff: 0 } },
      'retry.stallTimeout': { retry: { stallTimeout: Infinity } },
      'retry.headTimeout': { retry: { headTimeout: '60' } },
      'retry.maxRestarts': { retry: { maxRestarts: 1.5 } },
      'retry.giveUpAfter': { retry: { giveUpAfter: 2 ** 31 } },
      'options.priority': { priority: 'urgent' },
      'options.network': { network: 'wifi' },
      'options.maxBandwidth': { maxBandwidth: -1 },
      'options.keep must be true, false or an object': { keep: 'yes' },
      'options.keep.pinned must be true or false': { keep: { pinned: 'yes' } },
      "options.room must be 'free' or 'evict'": { room: 5 },
    };
    const answers = {};
    for (const [name, options] of Object.entries(wrong)) {
      answers[name] = await t.rejection(() => backgroundFetch.fetch('wrong', url, options));
    }
    return answers;
  }, file.url);
  for (const [name, answer] of Object.entries(refused)) {
    assert.ok(answer?.isTypeError, `${name}: ${JSON.stringify(answer)}`);
    assert.ok(answer.message.includes(name), answer.message);
  }
  assert.equal(gets(await file.log()).length, 0);
});

scenario('options of the worker: a wrong one, and its script is refused', {}, async (test) => {
  const { page } = await test.open();
  const refused = await page.evaluate(async () => {
    const script = '/sw-retention.js';
    const scope = '/elsewhere/';
    const error = await t.rejection(() => t.register({ script, scope, keepMax: '-5' }));
    return { ...error, registered: (await navigator.serviceWorker.getRegistration(scope))?.scope.endsWith(scope) ?? false };
  });
  assert.equal(refused.isTypeError, true, JSON.stringify(refused));
  assert.equal(refused.registered, false);
  return [{ name: refused.message }];
});

scenario('options: begins paused, over a reload', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: MiB });
  await page.evaluate((url) => t.startFetch('later', url, { paused: true }), file.url);
  await page.reload();
  const before = await page.evaluate(async () => {
    await t.getFetch('later');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { paused, state, downloaded } = t.held.get('later');
    return { paused, state, downloaded };
  });
  assert.deepEqual(before, { paused: true, state: 'paused', downloaded: 0 });
  assert.equal(gets(await file.log()).length, 0);
  await page.evaluate(() => t.held.get('later').resume());
  const event = await test.settled(page, 'later', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
});

scenario('priority: a higher one takes the place, and no byte is lost', { drawn: true }, async (test) => {
  const { page } = await test.open();
  const films = Array.from({ length: 6 }, () => test.resource({ size: 5 * MiB, rate: MiB }));
  const urgent = test.resource({ size: MiB / 2, rate: MiB });
  await page.evaluate(
    (urls) => t.startFetch('films', urls, { priority: 'low' }),
    films.map(({ url }) => url),
  );
  await page.evaluate(() => t.waitForDownloaded('films', 1));
  await page.evaluate((url) => t.startFetch('urgent', url, { priority: 'high' }), urgent.url);
  assert.equal((await test.event('urgent')).type, 'backgroundfetchsuccess');
  await page.reload();
  const after = await page.evaluate(async () => {
    await t.getFetch('films');
    const held = t.held.get('films');
    const { priority, state, network, maxBandwidth } = held;
    const refused = await t.rejection(() => held.setOptions({ priority: 'urgent' }));
    const answer = await held.setOptions({ priority: 'normal' });
    await t.until('films', () => held.priority === 'normal');
    return { priority, state, network, maxBandwidth, refused: refused.isTypeError, answer };
  });
  const defaults = { state: 'running', network: 'any', maxBandwidth: 0 };
  assert.deepEqual(after, { priority: 'low', ...defaults, refused: true, answer: true });
  const event = await test.settled(page, 'films', 'backgroundfetchsuccess');
  assert.deepEqual(
    event.records.map(({ sha256 }) => sha256),
    await Promise.all(films.map((film) => film.sha256())),
  );
  const log = (await Promise.all(films.map((film) => film.log()))).flat();
  assert.equal(rangeStarts(log).filter((start) => start > 0).length, 1, 'one was stopped, and went on');
  // Firefox alone tells servers of HTTP/1 what it thinks of.
  if (test.driver.name === 'firefox') assert.notEqual(log[0].priority, (await urgent.log())[0].priority);
});

/** Changes what the connection is that sw-metered.js tells of. */
const connection = (page, change) =>
  page.evaluate((data) => {
    (window.channel ??= new BroadcastChannel('connection')).postMessage(data);
  }, change);

/** Waits for the state of a background fetch that the page holds. */
const reaches = (page, id, state) => page.evaluate((id, state) => t.until(id, () => t.held.get(id).state === state), id, state);

scenario('network: unmetered waits for the connection, and goes on', {}, async (test) => {
  const { page } = await test.open({ script: '/sw-metered.js' });
  const file = test.resource({ size: 8 * MiB, rate: 2 * MiB });
  await page.evaluate((url) => t.startFetch('film', url, { network: 'unmetered' }), file.url);
  await page.evaluate(() => t.waitForDownloaded('film', 1));
  await connection(page, { saveData: true });
  await reaches(page, 'film', 'waiting-unmetered');
  const before = gets(await file.log()).length;
  await connection(page, { saveData: false, type: 'cellular' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await reaches(page, 'film', 'waiting-unmetered');
  assert.equal(gets(await file.log()).length, before, 'nothing is asked for');
  await connection(page, { type: 'wifi' });
  const event = await test.settled(page, 'film', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  assert.ok(rangeStarts(await file.log()).at(-1) > 0, 'it went on where it was');
});

scenario('maxBandwidth: a limit that is set while a file comes holds on the wire', {}, async (test) => {
  const { page } = await test.open();
  const rate = MiB / 2;
  const film = test.resource({ size: 64 * MiB, link: 4 * MiB });
  await page.evaluate((url) => t.startFetch('film', url), film.url);
  await page.evaluate((few) => t.waitForDownloaded('film', few), 2 * MiB);
  await page.evaluate((maxBandwidth) => t.held.get('film').setOptions({ maxBandwidth }), rate);
  await new Promise((resolve) => setTimeout(resolve, 8000));
  await page.evaluate(() => t.held.get('film').pause());
  const log = await film.log();
  assert.ok(log.filter(({ range }) => range).length > 3, 'range by range');
  // It would be 40 MiB and more; what came before the limit depends on the machine.
  assert.ok(bytesSent(log) < 20 * MiB, `${bytesSent(log)} bytes were sent`);
  const before = await page.evaluate(() => t.held.get('film').downloaded);
  assert.ok(bytesSent(log) - before < 6 * MiB, `${bytesSent(log)} bytes were sent for ${before}`);
});

scenario('maxBandwidth: a limit that holds on the wire', {}, async (test) => {
  const { page } = await test.open();
  const rate = 2 * MiB;
  const film = test.resource({ size: 5 * MiB, rate: 16 * MiB });
  const begun = Date.now();
  await page.evaluate((...args) => t.startFetch('film', ...args), film.url, { maxBandwidth: rate });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const seconds = (Date.now() - begun) / 1000;
  // The first response, which tells the length, is left; what came of it before depends on the machine.
  const ranges = async () => (await film.log()).filter(({ range }) => range);
  const sent = bytesSent(await ranges());
  assert.ok(sent < (seconds + 1.1) * rate, `${sent} bytes in the first ${seconds} s`);
  const event = await test.settled(page, 'film', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await film.sha256());
  const took = (Date.now() - begun) / 1000;
  assert.ok(took > 1.4, `${took} s`);
  assert.equal(bytesSent(await ranges()), film.size, 'no range is sent twice');
});

scenario(
  'options of the worker: a limit of all together, in which a player seeks, and unmetered by default',
  {},
  async (test) => {
    const rate = 4 * MiB;
    const { page } = await test.open({ script: '/sw-metered.js', worker: { network: 'unmetered', maxBandwidth: rate } });
    const [film, book] = [8, 3].map((size) => test.resource({ size: size * MiB, rate: 16 * MiB }));
    await connection(page, { saveData: true });
    await page.evaluate((url) => t.startFetch('book', url), book.url);
    await reaches(page, 'book', 'waiting-unmetered');
    assert.equal(gets(await book.log()).length, 0, 'nothing is asked for');

    const begun = Date.now();
    await page.evaluate((url) => t.startFetch('film', url, { network: 'any' }), film.url);
    const from = 7 * MiB;
    const sought = await page.evaluate(async (from) => {
      const headers = { Range: `bytes=${from}-${from + 65_535}` };
      const response = await fetch('/__bgfetch__/ids/film/records/0/body', { headers });
      const { byteLength } = await response.arrayBuffer();
      return { status: response.status, byteLength, ...t.state('film') };
    }, from);
    assert.deepEqual([sought.status, sought.byteLength, sought.result], [206, 65_536, '']);
    assert.ok(sought.downloaded < from, `${sought.downloaded} bytes were there`);
    await connection(page, { saveData: false });
    for (const [id, file] of Object.entries({ film, book })) {
      const event = await test.event(id);
      assert.equal(event.type, 'backgroundfetchsuccess');
      assert.equal(event.records[0].sha256, await file.sha256());
    }
    // Of the first responses some comes before the limit is known to hold.
    const seconds = (Date.now() - begun) / 1000;
    assert.ok(seconds > (film.size + book.size) / rate - 1.5, `${seconds} s`);
  },
);

scenario('retry: a server that is away, and a name that does not resolve', {}, async (test) => {
  const { page } = await test.open();
  const hasty = { retry: { backOff: 50, maxBackOff: 50, maxUnreachable: 2 } };
  const gone = await test.ownServer({});
  await gone.close();
  const urls = { away: `${gone.url}/file/gone`, nowhere: 'http://nowhere.invalid/file' };
  for (const [id, url] of Object.entries(urls)) {
    await page.evaluate((...args) => t.startFetch(...args), id, url, hasty);
  }
  for (const id of Object.keys(urls)) {
    const event = await test.event(id);
    assert.equal(event.failureReason, 'fetch-error', id);
    const { message } = event.records[0].error; // nothing is exposed
    for (const part of [`"${id}"`, urls[id], 'fetch-error', '__bgfetch__/']) assert.ok(message.includes(part), message);
  }
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
});

scenario('persist() tells what it got', {}, async (test) => {
  const { page } = await test.open();
  const grant = await page.evaluate(async () => {
    const manager = (await t.site()).backgroundFetch;
    const listed = [];
    for (const key in manager) listed.push(key);
    return {
      listed: listed.includes('persist'),
      testable: 'persist' in BackgroundFetchManager.prototype,
      other: await t.rejection(() => BackgroundFetchManager.prototype.persist.call({})),
      grant: await manager.persist(),
    };
  });
  assert.equal(grant.listed, false);
  assert.equal(grant.testable, true);
  assert.equal(grant.other.name, 'TypeError');
  assert.equal(typeof grant.grant.persisted, 'boolean');
  // Firefox has asked the user, who has agreed.
  if (test.driver.name === 'firefox') assert.equal(grant.grant.persisted, true);
  assert.ok(grant.grant.quota === null || grant.grant.quota > 0);
});
