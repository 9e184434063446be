// What is stored of a download that failed is gone on with by the next one for the same file.
import { assert, bytesSent, gets, MiB, rangeStarts, scenario } from '../../lib/scenario.mjs';

const SIZE = 12 * MiB;
const HALF = SIZE / 2;

/** What a full disk costs at most: the segment that it did not take, and what the browser had received behind it. */
const LOST_AT_MOST = 8 * MiB;

/** A file of which half comes by `signed`, before that is refused; `url` is the same signed anew. */
function expiring(test, options = {}) {
  const file = test.resource({ size: SIZE, rate: 8 * MiB, ...options });
  return { ...file, signed: `${file.url}&cut=${HALF}&status=403&statusafter=1` };
}

async function failAtHalf(test, page, file, id = 'episode') {
  await page.evaluate((...args) => t.startFetch(...args), id, file.signed);
  const event = await test.event(id);
  assert.deepEqual([event.type, event.failureReason, event.records[0].status], ['backgroundfetchfail', 'bad-status', 403]);
  assert.equal(event.records[0].size, 0);
  await page.waitFor('it to be done with', 10_000, async () => {
    const { fetches } = await (await fetch('/__bgfetch__/list')).json();
    return fetches.length === 0;
  });
  assert.equal(ofFile(await file.log()), HALF);
  const left = (await page.evaluate(() => t.remains())).find((one) => one.id === id);
  // WebKit hands out nothing of what came shortly before a reset.
  assert.ok(left.size > MiB && left.size <= HALF, `${left.size} bytes are left`);
  return left.size;
}

/** What is left, when what failed is done with: one file. */
async function onlyRemains(page) {
  const [left, ...others] = await page.waitFor('something to be left', 10_000, async () => {
    const all = await t.remains();
    return all.length > 0 && all;
  });
  assert.deepEqual(others, []);
  return left;
}

/** Bytes of the file itself that were sent. */
const ofFile = (log) => bytesSent(log.filter(({ status }) => status < 300));

/** The second closing event for that id. */
const secondEvent = (test, id) => {
  let seen = 0;
  const is = (report) => report.kind === 'event' && report.id === id && ++seen > 1;
  return test.reports.wait(`the second closing event of ${id}`, is, { timeout: 60_000 });
};

for (const [what, other] of [
  ['of this origin', {}],
  ['of another one', { cors: 1 }],
]) {
  scenario(`remains: a URL that is signed anew, ${what}`, {}, async (test) => {
    const { page } = await test.open();
    const origin = other.cors && (await test.ownServer({})).url;
    const file = expiring(test, { ...other, ...(origin && { origin, expose: '*' }) });
    const log = origin ? async () => (await fetch(`${origin}/__log__?name=${file.name}`)).json() : file.log;
    const size = await failAtHalf(test, page, { ...file, log });
    const [left, ...others] = await page.evaluate(() => t.remains());
    assert.deepEqual([left.id, left.url, left.size, left.length, others], ['episode', file.signed, size, SIZE, []]);
    const before = gets(await log()).length;
    const { downloaded } = await page.evaluate((url) => t.startFetch('episode', url), file.url);
    assert.ok(downloaded >= size, `it begins with ${downloaded} bytes`);
    const event = await secondEvent(test, 'episode');
    assert.equal(event.type, 'backgroundfetchsuccess');
    assert.equal(event.records[0].sha256, await file.sha256());
    assert.equal(event.records[0].responseUrl, file.url);
    const after = gets(await log()).slice(before);
    assert.equal(after.length, 1, JSON.stringify(after));
    const [start] = rangeStarts(after);
    assert.ok(start > size - 65 * 1024 && start < size, `the bytes before ${size} are compared, from ${start} on`);
    assert.deepEqual(await page.evaluate(() => t.remains()), []);
    await page.waitFor('the storage to be empty', 30_000, () => t.storageIsEmpty());
  });
}

scenario('remains: Retry, in the next worker, at the byte where it was', { timeout: 120_000 }, async (test) => {
  const { page } = await test.open({ script: '/sw-exit.js' });
  const file = test.resource({ size: SIZE, rate: 8 * MiB });
  const signed = `${file.url}&cut=${HALF}&status=401&statusafter=1&statuscount=1`;
  await page.evaluate((url) => t.startFetch('episode', url), signed);
  await test.event('episode');
  const ended = () =>
    page.waitFor('it to be in the history', 10_000, async () => {
      const { fetches } = await (await fetch('/__bgfetch__/history')).json();
      return fetches[0];
    });
  const { number, remains } = await ended();
  assert.ok(remains > MiB && remains <= HALF, `${remains} bytes are left`);
  await page.evaluate(async () => (await t.site()).active.postMessage({ type: 'exit-program' }));
  const shown = await page.evaluate(async () => {
    const script = '/dist/list.js';
    await import(script);
    const list = document.createElement('background-fetch-list');
    document.body.append(list);
    for (let i = 0; i < 100; i++) {
      const state = list.shadowRoot.querySelector('[part=state]')?.textContent;
      if (state) return state;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  assert.match(shown, /refused · [1-6](\.\d)? MB saved for another try/);
  await page.evaluate((number) => fetch(`/__bgfetch__/history/${number}/retry`, { method: 'POST', body: '{}' }), number);
  const event = await secondEvent(test, 'episode');
  assert.equal(event.type, 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  assert.deepEqual(rangeStarts(await file.log()).slice(-1), [remains]);
  assert.equal(ofFile(await file.log()), HALF + SIZE - remains);
  await page.waitFor('the storage to be empty', 30_000, () => t.storageIsEmpty());
});

scenario('remains: of a file that was replaced', { drawn: true }, async (test) => {
  const { page } = await test.open();
  for (const quiet of [false, true]) {
    const file = expiring(test);
    const id = `quiet ${quiet}`;
    await failAtHalf(test, page, file, id);
    await page.evaluate((...args) => t.startFetch(...args), id, `${file.url}&replaceafter=0${quiet ? '&replacequiet=1' : ''}`);
    const event = await secondEvent(test, id);
    assert.equal(event.type, 'backgroundfetchsuccess');
    const seed = Number(new URL(file.url).searchParams.get('seed'));
    assert.equal(event.records[0].sha256, await test.server.sha256({ size: SIZE, seed: seed + 1 }));
    await page.waitFor('the storage to be empty', 30_000, () => t.storageIsEmpty());
  }
});

scenario('remains: none of what a person or the site wanted to be gone', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: SIZE, rate: 4 * MiB });
  await page.evaluate((url) => t.startFetch('stopped', url), file.url);
  await page.evaluate((bytes) => t.waitForDownloaded('stopped', bytes), MiB);
  await page.evaluate(() => t.abort('stopped'));
  await test.settled(page, 'stopped', 'backgroundfetchabort');
  assert.deepEqual(await page.evaluate(() => t.remains()), []);

  const expired = expiring(test);
  await failAtHalf(test, page, expired);
  const scope = await page.evaluate(async () => {
    const registration = await t.site();
    await registration.unregister();
    return registration.scope;
  });
  await page.waitFor(
    'nothing to be left',
    20_000,
    async (scope) => {
      const names = await caches.keys();
      return !names.some((name) => name.startsWith(`bgfetch:data:${scope}`) || name.startsWith(`bgfetch:kept:${scope}`));
    },
    scope,
  );
});

scenario('remains: two scopes do not see those of each other', { timeout: 120_000 }, async (test) => {
  const { page } = await test.open();
  const file = expiring(test);
  await failAtHalf(test, page, file);
  const downloaded = await page.evaluate(
    async (url) => {
      await t.register({ scope: '/app/' });
      const inner = await navigator.serviceWorker.getRegistration('/app/');
      const { downloaded } = await inner.backgroundFetch.fetch('episode', url);
      return downloaded;
    },
    file.signed.replace('status=403', 'status=404'),
  );
  assert.equal(downloaded, 0);
  await page.waitFor(
    'another request',
    20_000,
    async (name) => {
      const log = await (await fetch(`/__log__?name=${name}`)).json();
      return log.some(({ status }) => status === 404);
    },
    file.name,
  );
  const starts = gets(await file.log()).map(({ range }) => range ?? '');
  assert.equal(starts.filter((range) => range === '').length, 2, `each begins at byte 0: ${starts}`);
  assert.equal((await page.evaluate(() => t.remains())).length, 1);
});

scenario('remains: of a full disk, and then there is room', {}, async (test) => {
  const { page } = await test.open({ script: '/sw-quota.js', worker: { puts: 3 } });
  const file = test.resource({ size: 24 * MiB, rate: 4 * MiB });
  await page.evaluate((url) => t.startFetch('large', url), file.url);
  assert.equal((await test.event('large')).failureReason, 'quota-exceeded');
  const left = await onlyRemains(page);
  assert.ok(left.size >= 256 * 1024 && left.length === file.size, JSON.stringify(left));
  const before = await file.log();
  await page.evaluate(async () => (await t.site()).active.postMessage({ type: 'room-again' }));
  const { downloaded } = await page.evaluate((url) => t.startFetch('large', url), file.url);
  assert.equal(downloaded, left.size);
  const event = await secondEvent(test, 'large');
  assert.deepEqual([event.type, event.records[0].sha256], ['backgroundfetchsuccess', await file.sha256()]);
  const after = (await file.log()).slice(before.length);
  // Small ranges from its end may come beside it.
  assert.equal(Math.min(...rangeStarts(after)), left.size, 'it begins with what is missing');
  const twice = bytesSent(after) - (file.size - left.size);
  assert.ok(twice <= MiB, `${twice} bytes were sent again`);
  const lost = bytesSent(before) - left.size;
  assert.ok(lost <= LOST_AT_MOST, `${lost} bytes were lost when the disk was full`);
  await page.waitFor('the storage to be empty', 30_000, () => t.storageIsEmpty());
  return [{ name: `${left.size} bytes were left, ${lost} are sent twice` }];
});

// WebKitGTK has no way to be told how much a site may store.
const limited = { browsers: ['chromium', 'firefox'], timeout: 120_000 };

scenario('remains: of a site that has all that the browser allows it', limited, async (test) => {
  const { page } = await test.open({ quota: 40 * MiB });
  const file = test.resource({ size: 64 * MiB, chunked: 1 });
  await page.evaluate((url) => t.startFetch('large', url), file.url);
  const event = await test.event('large');
  assert.deepEqual([event.type, event.failureReason], ['backgroundfetchfail', 'quota-exceeded']);
  const left = await onlyRemains(page);
  assert.ok(left.id === 'large' && left.size > 16 * MiB && left.size < file.size, JSON.stringify(left));
  const { downloaded } = await page.evaluate((url) => t.startFetch('large', url, { paused: true }), file.url);
  assert.equal(downloaded, left.size, 'the next one begins with them');
  await page.evaluate(() => t.abort('large'));
  await page.waitFor('the storage to be empty', 30_000, () => t.storageIsEmpty());
  return [{ name: `${left.size} bytes were left` }];
});

scenario('remains: are the first to go when room is needed', { timeout: 120_000 }, async (test) => {
  const { page } = await test.open({ script: '/sw-room.js', worker: { room: 40 * MiB } });
  // As fast as that it is read before it breaks off: WebKitGTK forgets what was not.
  const large = test.resource({ size: 20 * MiB, rate: 4 * MiB });
  await page.evaluate((url) => t.startFetch('large', url), `${large.url}&cut=${16 * MiB}&status=410&statusafter=1`);
  assert.equal((await test.event('large')).failureReason, 'bad-status');
  assert.ok((await page.evaluate(() => t.remains()))[0].size > 12 * MiB);
  // There is room for it, and the program, but not beside them.
  const size = 30 * MiB;
  const next = test.resource({ size });
  await page.evaluate((...args) => t.startFetch('next', ...args), next.url, { downloadTotal: size });
  const event = await test.event('next');
  assert.deepEqual([event.type, event.failureReason], ['backgroundfetchsuccess', '']);
  assert.equal(event.records[0].sha256, await next.sha256());
  assert.deepEqual(await page.evaluate(() => t.remains()), []);
});
