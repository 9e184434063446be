// A link that was signed for an hour, a token of a session: what has expired is given anew by the site,
// and the download goes on where it was.
import { openRealms } from '../../lib/realms.mjs';
import { assert, bytesSent, gets, MiB, rangeStarts, scenario } from '../../lib/scenario.mjs';

const SIZE = 12 * MiB;
const HALF = SIZE / 2;
const script = '/sw-refresh.js';

/** What a break costs at most: bytes that a browser had and no script had read. */
const LOST_AT_MOST = 4 * MiB;

/** A file of which half comes, before its URL has expired. */
function expiring(test, options = {}, end = 'cut') {
  const file = test.resource({ size: SIZE, rate: 8 * MiB, ...options });
  return { ...file, signed: `${file.url}&${end}=${HALF}&status=403&statusafter=1` };
}

const asked = (test, id) => test.reports.all((report) => report.kind === 'refresh' && (!id || report.id === id));

const ofFile = (log) => gets(log).filter(({ status }) => status < 300);

/** One request for all of it, the others for the rest, and hardly a byte twice. */
function assertContinued(log, size, breaks) {
  const [first, ...others] = ofFile(log);
  assert.ok(!first.range, `the first Range is ${first.range}`);
  assert.ok(
    rangeStarts(others).length === others.length && rangeStarts(others).every((start) => start > 0),
    `Range from ${rangeStarts(others)}`,
  );
  const sent = bytesSent(ofFile(log));
  assert.ok(sent <= size + breaks * LOST_AT_MOST, `${sent} bytes were sent for ${size}`);
}

const signIn = (page, token) =>
  page.evaluate(async (token) => (await caches.open('site')).put('/token', new Response(token)), token);

const waits = (page, id) =>
  page.waitFor(
    'the state waiting-refresh',
    30_000,
    (id) => t.held.get(id).state === 'waiting-refresh' && t.held.get(id).retryAt > new Date(),
    id,
  );

for (const [what, other] of [
  ['of this origin', {}],
  ['of another one', { cors: 1, expose: '*' }],
]) {
  scenario(`refresh: a URL that expires in mid-download, ${what}`, {}, async (test) => {
    const { page } = await test.open({ script });
    const origin = other.cors && (await test.ownServer({})).url;
    const file = expiring(test, { ...other, ...(origin && { origin }) });
    await page.evaluate((...args) => t.startFetch(...args), 'signs:episode', file.signed);
    const event = await test.settled(page, 'signs:episode', 'backgroundfetchsuccess');
    const [record] = event.records;
    assert.deepEqual([record.url, record.responseUrl, record.status], [file.signed, file.signed, 200]);
    assert.equal(record.sha256, await file.sha256());
    const reports = asked(test);
    assert.equal(reports.length, 1);
    const [{ url, status, type, extends: isExtendable }] = reports;
    assert.deepEqual([url, status, type, isExtendable], [file.signed, 403, 'text/plain; charset=utf-8', true]);
    const log = origin ? await (await fetch(`${origin}/__log__?name=${file.name}`)).json() : await file.log();
    assertContinued(log, SIZE, 1);
    assert.deepEqual(
      test.reports.all((report) => report.kind === 'twice'),
      [],
    );
  });
}

scenario(
  'refresh: links of a second and a half, a connection that breaks, and a worker that stops',
  { drawn: true, timeout: 180_000 },
  async (test) => {
    const { browser, page } = await test.open({ script, stoppable: true });
    const file = test.resource({ size: 24 * MiB, link: 2 * MiB, cuteach: 4 * MiB });
    const url = `${file.url}&expires=${Date.now() + 3000}`;
    await page.evaluate((...args) => t.startFetch(...args), 'renews:series:1500', url);
    await test.reports.wait('the first link to have expired', ({ kind }) => kind === 'refresh', { timeout: 60_000 });
    await page.evaluate(() => t.waitForDownloaded('renews:series:1500', 12 * 2 ** 20));
    const boots = test.boots().length;
    await browser.stopWorker(page);
    await test.nextBoot(boots);
    const event = await test.settled(page, 'renews:series:1500', 'backgroundfetchsuccess');
    assert.equal(event.records[0].url, url);
    assert.equal(event.records[0].sha256, await file.sha256());
    const log = await file.log();
    assert.ok(asked(test).length >= 3, `${asked(test).length} links`);
    assertContinued(log, file.size, ofFile(log).length);
  },
);

scenario('refresh: nobody is signed in, until a page is there', { drawn: true, timeout: 120_000 }, async (test) => {
  const { browser, page } = await test.open({ script, tabs: 2 });
  const file = test.resource({ size: SIZE, rate: 8 * MiB });
  const wanted = `${file.url}&authorization=second`;
  const given = { url: `${file.url}&stall=${HALF}&authorization=first`, headers: { Authorization: 'first' } };
  await page.evaluate((...args) => t.startFetch(...args), 'authorizes:book', given, {
    retry: { backOff: 120_000, maxBackOff: 120_000 },
  });
  await page.evaluate(() => t.waitForDownloaded('authorizes:book', 2 ** 20));
  // The same resource at another URL, whose token nobody has yet.
  await page.evaluate(async (url) => {
    const download = t.held.get('authorizes:book');
    const [record] = await download.matchAll();
    if (!(await download.setRequest(record, url))) throw new Error('it is not set');
  }, wanted);
  await test.server.control('cut', { name: file.name });
  await waits(page, 'authorizes:book');
  const before = asked(test).length;
  assert.equal(asked(test)[0].authorization, null);
  const until = await page.evaluate(() => t.held.get('authorizes:book').retryAt.getTime());
  await signIn(page, 'second');
  const visit = await browser.newPage(test.pageURL());
  await visit.evaluate(() => t.getFetch('authorizes:book'));
  const event = await test.settled(page, 'authorizes:book', 'backgroundfetchsuccess');
  assert.ok(Date.now() < until, `${Date.now() - until} ms after the wait`);
  assert.equal(event.records[0].sha256, await file.sha256());
  assert.equal(asked(test).length, before + 1);
  assertContinued(await file.log(), SIZE, 1);
});

scenario('refresh: many records are one event, and no two at a time', {}, async (test) => {
  const { page } = await test.open({ script });
  await signIn(page, 'token');
  const files = Array.from({ length: 12 }, () => test.resource({ size: 100_000, authorization: 'token' }));
  await page.evaluate(
    (...args) => t.startFetch(...args),
    'authorizes:album',
    files.map(({ url }) => url),
  );
  const event = await test.settled(page, 'authorizes:album', 'backgroundfetchsuccess');
  assert.equal(asked(test).length, 1, 'what one was given is tried for the others');
  for (const [i, file] of files.entries()) {
    assert.equal(event.records[i].sha256, await file.sha256());
    assert.ok(gets(await file.log()).length <= 2, 'two requests for each at most');
  }
  // Each of these has a link of its own.
  const links = Array.from({ length: 6 }, () => test.resource({ size: 100_000 }));
  const expired = links.map(({ url }) => `${url}&status=410`);
  await page.evaluate((...args) => t.startFetch(...args), 'signs:album', expired);
  const second = await test.event('signs:album');
  assert.equal(second.type, 'backgroundfetchsuccess');
  assert.deepEqual(
    asked(test, 'signs:album')
      .map(({ url }) => url)
      .sort(),
    expired.toSorted(),
  );
  assert.ok(
    asked(test).every(({ under }) => under === 1),
    'one at a time',
  );
});

scenario('refresh: cookies that were not sent before', {}, async (test) => {
  const { page } = await test.open({ script });
  const cookie = `session=${test.resource({}).name}`;
  await page.evaluate((cookie) => (document.cookie = cookie), cookie);
  const file = test.resource({ size: SIZE, rate: 2 * MiB, cut: HALF });
  await page.evaluate((...args) => t.startFetch(...args), 'includes:it', { url: file.url, credentials: 'omit' });
  await page.evaluate(() => t.waitForDownloaded('includes:it', 2 ** 20));
  // From now on the server wants a session, which the site does not know yet.
  const wanted = `${file.url}&cookie=${encodeURIComponent(cookie)}`;
  await page.evaluate(async (url) => {
    const download = t.held.get('includes:it');
    const [record] = await download.matchAll();
    await download.setRequest(record, new Request(url, { credentials: 'omit' }));
  }, wanted);
  const event = await test.settled(page, 'includes:it', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  assert.deepEqual(
    asked(test).map(({ url, status }) => [url, status]),
    [[wanted, 401]],
  );
  assertContinued(await file.log(), SIZE, 1);
});

scenario('refresh: the same file at another origin', {}, async (test) => {
  const { page } = await test.open({ script });
  const mirror = await test.ownServer({});
  const file = expiring(test);
  const there = new URL(`${file.url}&cors=1&expose=ETag`);
  there.host = new URL(mirror.url).host;
  const id = `moves:${there}`;
  await page.evaluate((...args) => t.startFetch(...args), id, file.signed);
  const event = await test.settled(page, id, 'backgroundfetchsuccess');
  const [record] = event.records;
  assert.deepEqual([record.url, record.responseUrl, record.sha256], [file.signed, file.signed, await file.sha256()]);
  assert.equal(asked(test).length, 1);
  const elsewhere = gets(await mirror.log(file.name));
  assert.ok(elsewhere.length > 0 && rangeStarts(elsewhere).every((start) => start > MiB), JSON.stringify(elsewhere));
  assertContinued([...(await file.log()), ...elsewhere], SIZE, 1);
});

scenario('refresh: nobody has another link', {}, async (test) => {
  const { page } = await test.open({ script });
  for (const [id, calls] of [
    ['declines:a', 1],
    ['nobody:a', 1],
  ]) {
    const file = expiring(test);
    await page.evaluate((...args) => t.startFetch(...args), id, file.signed);
    const event = await test.settled(page, id, 'backgroundfetchfail');
    assert.deepEqual([event.failureReason, event.records[0].status], ['bad-status', 403]);
    assert.equal(asked(test, id).length, calls);
  }
});

const setInPage = (page, id, url) =>
  page.evaluate(
    async (id, url) => {
      const download = t.held.get(id);
      const [record] = await download.matchAll();
      return download.setRequest(record, url);
    },
    id,
    url,
  );

const setInWorker = (page, id, url) =>
  page.evaluate(
    async (id, url) => {
      const { active } = await t.site();
      const { port1, port2 } = new MessageChannel();
      const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
      active.postMessage({ type: 'set-request', id, url }, [port2]);
      return answer;
    },
    id,
    url,
  );

for (const [where, set] of [
  ['a page', setInPage],
  ['the worker', setInWorker],
]) {
  scenario(`refresh: setRequest() in ${where}, before the link expires`, {}, async (test) => {
    const { page } = await test.open({ script });
    const file = expiring(test, {}, 'stall');
    await page.evaluate((...args) => t.startFetch(...args), 'signs:early', file.signed);
    await page.evaluate(() => t.waitForDownloaded('signs:early', 2 ** 20));
    assert.equal(await set(page, 'signs:early', file.url), true);
    await test.server.control('cut', { name: file.name });
    const event = await test.settled(page, 'signs:early', 'backgroundfetchsuccess');
    assert.equal(event.records[0].url, file.signed);
    assert.equal(event.records[0].sha256, await file.sha256());
    assert.deepEqual(asked(test), []);
    assertContinued(await file.log(), SIZE, 1);
  });
}

scenario('refresh: setRequest() by the listener, and what it refuses', {}, async (test) => {
  const { page } = await test.open({ script });
  const file = expiring(test);
  await page.evaluate((...args) => t.startFetch(...args), 'sets:it', file.signed);
  const refused = await page.evaluate(async (url) => {
    const download = t.held.get('sets:it');
    await t.startFetch('other', `${url}&delay=1000`);
    const [record] = await download.matchAll();
    const [other] = await t.held.get('other').matchAll();
    globalThis.recordOfOther = other;
    const given = {
      nothing: [],
      'no record': [{}, url],
      'a record of another one': [other, url],
      'no URL': [record, 'https://'],
      credentials: [record, url.replace('//', '//user:secret@')],
      scheme: [record, 'ftp://localhost/file'],
      'no-cors': [record, new Request('https://elsewhere.example/', { mode: 'no-cors' })],
      POST: [record, new Request(url, { method: 'POST' })],
      Range: [record, new Request(url, { headers: { Range: 'bytes=0-' } })],
    };
    const names = {};
    for (const [what, args] of Object.entries(given)) names[what] = (await t.rejection(() => download.setRequest(...args)))?.name;
    return names;
  }, file.url);
  assert.deepEqual([...new Set(Object.values(refused))], ['TypeError'], JSON.stringify(refused));
  const event = await test.event('sets:it');
  assert.equal(event.type, 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  assert.deepEqual(
    test.reports.all((report) => report.kind === 'set').map(({ changed }) => changed),
    [true],
  );
  await test.event('other');
  const late = (url) => t.held.get('other').setRequest(globalThis.recordOfOther, url);
  assert.equal(await page.evaluate(late, file.url), false, 'of one that is done with');
});

/** What the worker's console and the log are to say. */
const BAD = {
  'no-cors': 'no-cors',
  'used-body': /used|disturbed|already been/i,
  credentials: /credentials/i,
  post: 'not a GET',
  throws: 'the listener is broken',
  'never-settles': 'not settled within 1m0s',
};

for (const [what, says] of Object.entries(BAD)) {
  scenario(`refresh: a listener whose answer is bad: ${what}`, { drawn: true, timeout: 180_000 }, async (test) => {
    const { page } = await test.open({ script });
    const file = expiring(test);
    const id = `${what}:it`;
    await page.evaluate((...args) => t.startFetch(...args), id, file.signed, {
      retry: { backOff: 60_000, maxBackOff: 60_000 },
    });
    await page.waitFor('the state waiting-refresh', 100_000, (id) => t.held.get(id).state === 'waiting-refresh', id);
    const { downloaded, result } = await page.evaluate((id) => t.state(id), id);
    assert.equal(result, '');
    assert.ok(downloaded > MiB, `${downloaded} bytes are there`);
    const said = (text) => (says instanceof RegExp ? says.test(text) : text.includes(says));
    const details = await page.evaluate(async (id) => {
      const log = await (await fetch('/__bgfetch__/log')).json();
      return log.runs
        .flatMap((run) => run.entries)
        .filter((entry) => entry.id === id && entry.detail?.includes('backgroundfetchrefresh'))
        .map(({ detail }) => detail);
    }, id);
    assert.ok(details.some(said), `the log: ${details}`);
    const isSaid = ({ kind, from, text }) =>
      kind === 'console' && from === 'worker' && text.includes('backgroundfetchrefresh') && said(text);
    await test.reports.wait('the console of the worker to say it', isSaid, { timeout: 10_000 });
    if (what === 'throws') return; // it never stops to throw
    await signIn(page, 'mended');
    await page.evaluate((id) => t.held.get(id).resume(), id);
    const event = await test.settled(page, id, 'backgroundfetchsuccess');
    assert.equal(event.records[0].sha256, await file.sha256());
    assertContinued(await file.log(), SIZE, 1);
  });
}

scenario('refresh: the interface', {}, async (test) => {
  const { inRealm } = await openRealms(test);
  const found = await inRealm('service', async () => {
    const thrown = (call) => {
      try {
        call();
        return null;
      } catch (error) {
        return error.name;
      }
    };
    const download = await self.registration.backgroundFetch.fetch('interface', '/none', { paused: true });
    const request = new Request('/none');
    const response = new Response(null, { status: 403 });
    const init = { registration: download, request, response };
    const event = new BackgroundFetchRefreshEvent('backgroundfetchrefresh', init);
    const seen = [];
    const answers = [];
    self.onbackgroundfetchrefresh = (event) => {
      seen.push(event.type);
      answers.push(thrown(() => event.respondWith('/dispatched by the site')));
    };
    self.dispatchEvent(event);
    self.onbackgroundfetchrefresh = null;
    self.dispatchEvent(event);
    await download.abort();
    return {
      seen,
      members: event.registration === download && event.request === request && event.response === response,
      isEvent: event instanceof ExtendableEvent && event instanceof BackgroundFetchEvent,
      name: BackgroundFetchRefreshEvent.name,
      enumerable: Object.keys(self).includes('onbackgroundfetchrefresh'),
      answers,
      outside: thrown(() => event.respondWith('/second')),
      withoutArgument: thrown(() => event.respondWith()),
      withoutInit: thrown(() => new BackgroundFetchRefreshEvent('backgroundfetchrefresh')),
      withoutRequest: thrown(
        () => new BackgroundFetchRefreshEvent('backgroundfetchrefresh', { registration: download, response }),
      ),
      withoutResponse: thrown(
        () => new BackgroundFetchRefreshEvent('backgroundfetchrefresh', { registration: download, request }),
      ),
      additions: [
        'setRequest' in BackgroundFetchRegistration.prototype,
        Object.keys(BackgroundFetchRegistration.prototype).includes('setRequest'),
      ],
    };
  });
  assert.deepEqual(found, {
    seen: ['backgroundfetchrefresh'],
    members: true,
    isEvent: true,
    name: 'BackgroundFetchRefreshEvent',
    enumerable: false,
    answers: ['InvalidStateError'],
    outside: 'InvalidStateError',
    withoutArgument: 'TypeError',
    withoutInit: 'TypeError',
    withoutRequest: 'TypeError',
    withoutResponse: 'TypeError',
    additions: [true, false],
  });
});
