// What fetch() and get() refuse, and what they register although it cannot succeed.
import { nothingStored, openRealms } from '../../lib/realms.mjs';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

/** Runs in a realm: how each call was rejected. */
async function refusals(url) {
  const manager = self.registration?.backgroundFetch ?? (await navigator.serviceWorker.getRegistrations())[0].backgroundFetch;
  const answers = {};
  const tryTo = async (what, call) => {
    const error = await call().then(
      () => null,
      (reason) => reason,
    );
    answers[what] = error && { name: error.name, message: error.message, isTypeError: error instanceof TypeError };
  };
  const refused = (what, requests, options) => tryTo(what, async () => manager.fetch('refused', requests, options));
  const at = (rest) => url.replace('://', `://${rest}`);
  const port = (number) => `https://example.invalid:${number}/`;

  await refused('empty: no requests', []);
  await refused('no-cors: alone', new Request(url, { mode: 'no-cors' }));
  await refused('no-cors: after another', [url, new Request(url, { mode: 'no-cors' })]);
  await refused('parse: no host', 'http://[nothing');
  for (const user of ['user', ':pass', 'user:pass', 'user:']) await refused(`credentials: ${user}`, at(`${user}@`));
  for (const number of [1, 25, 587, 6000, 10080]) await refused(`port: ${number}`, port(number));
  for (const newline of ['\n', '\r', '\t']) {
    const dangling = `${url}&${newline}<b`;
    await refused(`dangling: string with ${JSON.stringify(newline)}`, dangling);
    await refused(`dangling: Request with ${JSON.stringify(newline)}`, new Request(dangling));
    await refused(`dangling: copies with ${JSON.stringify(newline)}`, [
      new Request(new Request(dangling).clone(), { method: 'POST' }),
    ]);
  }
  const blob = URL.createObjectURL?.(new Blob(['x'])) ?? 'blob:null/x';
  for (const other of [
    'data:,x',
    blob,
    'file:///x',
    'ws://localhost/',
    'wss:127.0.0.1',
    'ftp://localhost/',
    'foobar:bazqux',
    'about:blank',
  ]) {
    await refused(`scheme: ${other.split(':')[0]}`, other);
  }
  const used = new Request(url, { method: 'POST', body: 'used' });
  await used.text();
  await refused('used: read body', used);
  const passed = new Request(url, { method: 'POST', body: 'x' });
  await refused('port: after a body', [passed, port(25)]);
  await refused('room: 2^53 - 1', url, { downloadTotal: Number.MAX_SAFE_INTEGER });
  await refused('room: 2^64 - 1', url, { downloadTotal: -1 });
  await refused('options: icons are a number', url, { icons: 1 });
  await refused('options: icons are an object', url, { icons: {} });
  await refused('icon: no src', url, { icons: [{ sizes: '1x1' }] });
  await refused('integrity: malformed', new Request(url, { integrity: 'sha256-AAAA' }));
  await tryTo('arguments: fetch()', async () => manager.fetch());
  await tryTo('arguments: fetch(id)', async () => manager.fetch('refused'));
  await tryTo('arguments: get()', async () => manager.get());
  await tryTo("id: get('')", async () => manager.get(''));
  return answers;
}

const words = {
  empty: /at least one/i,
  'no-cors': /no-cors/,
  parse: /url|parse|valid/i,
  credentials: /credentials/i,
  port: /port \d+ is blocked/,
  dangling: /dangling markup/,
  scheme: /http and https/,
  used: /body|used|disturbed/i,
  room: /no room/,
  options: /icons is not a sequence/,
  icon: /needs the member src/,
  integrity: /sha256-AAAA/,
  arguments: /argument/,
  id: /empty/,
  active: /already|active/i,
  policy: /connect-src/,
};

function assertRefused(answers, where) {
  for (const [what, answer] of Object.entries(answers)) {
    const kind = what.split(':')[0];
    assert.ok(answer, `${where}, ${what}: accepted`);
    assert.equal(answer.name, kind === 'room' ? 'QuotaExceededError' : 'TypeError', `${where}, ${what}: ${answer.message}`);
    assert.equal(answer.isTypeError, kind !== 'room', `${where}, ${what}`);
    assert.match(answer.message, words[kind], `${where}, ${what}`);
  }
}

scenario('what fetch() refuses stores nothing', { timeout: 60_000 }, async (test) => {
  const { page, inRealm } = await openRealms(test);
  const file = test.resource({ size: MiB });
  for (const realm of ['window', 'service', 'dedicated', 'shared']) {
    // Chromium gives nobody a registration in dedicated and shared workers.
    if (!(await inRealm(realm, () => 'serviceWorker' in navigator || 'registration' in self))) continue;
    assertRefused(await inRealm(realm, refusals, file.url), realm);
    await nothingStored(page);
  }
  assert.deepEqual(await file.log(), [], 'nothing was asked for');
  assert.deepEqual(
    test.reports.all((report) => report.kind === 'event'),
    [],
    'no event',
  );

  const native = await page.evaluate(async (url) => {
    const error = await (await t.site()).backgroundFetch.fetch('x', url, { downloadTotal: 2 ** 53 - 1 }).catch((e) => e);
    const ofItsOwn = typeof QuotaExceededError === 'function';
    return ofItsOwn ? error.constructor === QuotaExceededError && error.quota === null : error.constructor === DOMException;
  }, file.url);
  assert.ok(native, 'a QuotaExceededError as the browser throws it');
});

scenario('an id that is active, and one of two that are started at once', {}, async (test) => {
  const { page } = await openRealms(test);
  const file = test.resource({ size: MiB, rate: 100_000 });
  const answers = await page.evaluate(async (url) => {
    const { backgroundFetch } = await t.site();
    const twice = await Promise.allSettled([backgroundFetch.fetch('id', url), backgroundFetch.fetch('id', url)]);
    const lost = twice.find(({ status }) => status === 'rejected').reason;
    const third = await t.rejection(() => backgroundFetch.fetch('id', url));
    const won = twice.find(({ status }) => status === 'fulfilled').value;
    const ids = await backgroundFetch.getIds();
    const other = await backgroundFetch.fetch('other', url);
    await Promise.all([won.abort(), other.abort()]);
    const again = await backgroundFetch.fetch('id', url);
    await again.abort();
    return {
      ids,
      fresh: again !== won,
      refused: {
        'active: at once': { name: lost.name, message: lost.message, isTypeError: lost instanceof TypeError },
        'active: later': third,
      },
    };
  }, file.url);
  assertRefused(answers.refused, 'window');
  assert.deepEqual(answers.ids, ['id']);
  assert.ok(answers.fresh, 'an id can be used again at once');
});

scenario('what registers although it cannot succeed', {}, async (test) => {
  const { page } = await openRealms(test);
  const urls = [
    'https://example.invalid',
    'https://example.invalid:443/',
    'https://example.invalid:80/',
    'https://example.invalid:8080/',
    'http://127.0.0.1:8/',
    'http://[::1]:8/',
    'http://localhost:8/',
    'http://example.invalid/',
  ];
  const ids = await page.evaluate(async (urls) => {
    const { backgroundFetch } = await t.site();
    const ids = [];
    for (const url of urls) {
      const fetch = await backgroundFetch.fetch(url, url);
      ids.push((await fetch.abort()) && fetch.id);
    }
    return ids;
  }, urls);
  assert.deepEqual(ids, urls);
});

scenario('the content security policy of a page, by header and by meta', {}, async (test) => {
  const channel = new URL(test.channel.address('x')).origin;
  const allowed = `connect-src 'self' ${channel} data:`;
  const { page } = await openRealms(test, { options: { csp: allowed } });
  const own = test.resource({ size: 1000 });
  const other = test.resource({ size: 1000, cors: 1, origin: test.server.url2 });
  const meta = test.resource({ size: 1000 });
  const answers = await page.evaluate(
    async (own, other, meta, channel) => {
      const { backgroundFetch } = await t.site();
      const alone = await t.rejection(() => backgroundFetch.fetch('x', other));
      const among = await t.rejection(() => backgroundFetch.fetch('x', [own, new Request(other, { method: 'POST', body: 'x' })]));
      const fetch = await backgroundFetch.fetch('own', own);
      const element = document.createElement('meta');
      element.httpEquiv = 'Content-Security-Policy';
      element.content = `connect-src ${channel}`;
      document.head.append(element);
      const late = await t.rejection(() => backgroundFetch.fetch('x', meta));
      return { id: fetch.id, refused: { 'policy: alone': alone, 'policy: among others': among, 'policy: meta': late } };
    },
    own.url,
    other.url,
    meta.url,
    channel,
  );
  assertRefused(answers.refused, 'window');
  await test.event('own');
  for (const file of [other, meta]) assert.deepEqual(await file.log(), []);
});

// The frame would block the page for 9 ms each in Chromium.
scenario('a hundred calls in one turn ask the policy in one frame, and each hears of its own URL', {}, async (test) => {
  const channel = new URL(test.channel.address('x')).origin;
  const { page } = await openRealms(test, { options: { csp: `connect-src 'self' ${channel}` } });
  const files = Array.from({ length: 99 }, () => test.resource({ size: 1000 }));
  const other = test.resource({ size: 1000, cors: 1, origin: test.server.url2 });
  const urls = files.map(({ url }) => url);
  urls.splice(50, 0, other.url);
  const { frames, accepted, reason } = await page.evaluate(async (urls) => {
    const { backgroundFetch } = await t.site();
    let frames = 0;
    const observer = new MutationObserver((records) => {
      for (const { addedNodes } of records) frames += [...addedNodes].filter(({ nodeName }) => nodeName === 'IFRAME').length;
    });
    observer.observe(document.documentElement, { childList: true });
    const results = await Promise.allSettled(urls.map((url, index) => backgroundFetch.fetch(String(index), url)));
    await Promise.allSettled(results.map(({ value }) => value?.abort()));
    observer.disconnect();
    return { frames, accepted: results.filter(({ value }) => value).length, reason: String(results[50].reason) };
  }, urls);
  assert.equal(accepted, 99);
  assert.equal(reason, `TypeError: The content security policy (connect-src) forbids ${other.url.split('?')[0]}`);
  assert.equal(frames, test.driver.name === 'webkit' ? 0 : 1);
  assert.deepEqual(await other.log(), []);
});

// Chromium gives nobody a registration there.
scenario('the content security policy of a dedicated or shared worker', { browsers: ['firefox', 'webkit'] }, async (test) => {
  const channel = new URL(test.channel.address('x')).origin;
  const { page, inRealm } = await openRealms(test, { options: { 'worker-csp': `connect-src 'self' ${channel}` } });
  const own = test.resource({ size: 1000 });
  const other = test.resource({ size: 1000, cors: 1, origin: test.server.url2 });
  for (const realm of ['dedicated', 'shared']) {
    const answers = await inRealm(
      realm,
      async (id, own, other) => {
        const [{ backgroundFetch }] = await navigator.serviceWorker.getRegistrations();
        const error = await backgroundFetch.fetch(id, [own, other]).then(
          () => null,
          (reason) => reason,
        );
        const refused = error && { name: error.name, message: error.message, isTypeError: error instanceof TypeError };
        return { refused, id: (await backgroundFetch.fetch(id, own)).id };
      },
      realm,
      own.url,
      other.url,
    );
    assertRefused({ 'policy: of the worker': answers.refused }, realm);
    await page.waitFor('the storage to be empty', 20_000, () => t.storageIsEmpty());
  }
  assert.deepEqual(await other.log(), []);
});

scenario('ids and URLs of all kinds come back as they were', {}, async (test) => {
  const { page } = await openRealms(test);
  const file = test.resource({ size: 64 * MiB, rate: 1000 });
  const wrong = await page.evaluate(async (url) => {
    const { backgroundFetch } = await t.site();
    const ids = [
      `"quotes" and 'quotes'`,
      'line\nfeed\r\nand\ttab',
      '😀 and 🏴‍☠️',
      '\uD800',
      '\uD801',
      'a\uDC00b',
      '\uDC00\uD800',
      '\uFDD0d800',
      '\uFDD0',
      '\uFFFD',
      '\0',
      '__proto__',
      'constructor',
      '<b>&amp;%41+?#/',
      ' ',
      ' x ',
      'é',
      'e\u0301',
      'x'.repeat(100_000),
      'é'.repeat(2 ** 20),
      'null',
      '0',
    ];
    const wrong = [];
    const fetches = new Map();
    for (const id of ids) {
      const fetch = await backgroundFetch.fetch(id, url, { title: id, icons: [{ src: '/x.png', label: id }] });
      if (fetch.id !== id) wrong.push(['id', id]);
      fetches.set(id, fetch);
    }
    const listed = await backgroundFetch.getIds();
    for (const [index, id] of ids.entries()) {
      if (listed[index] !== id) wrong.push(['getIds', id]);
      if ((await backgroundFetch.get(id)) !== fetches.get(id)) wrong.push(['get', id]);
      if ((await backgroundFetch.get(`${id}!`)) !== undefined) wrong.push(['get', `${id}!`]);
    }
    // URLs are what the Request constructor makes of them.
    const texts = ['\uD800', 'é😀', '"<>"', '__proto__', 'a\nb', '%zz%', 'x'.repeat(100_000)];
    const urls = [...texts.map((text) => `${url}&${text}`), '__proto__', 'constructor'];
    const many = await backgroundFetch.fetch('urls', urls);
    const shown = (await many.matchAll()).map(({ request }) => request.url);
    for (const [index, text] of urls.entries()) {
      if (shown[index] !== new Request(text).url) wrong.push(['url', text]);
      if ((await many.matchAll(text)).length !== 1) wrong.push(['match', text]);
    }
    await many.abort();
    for (const value of [0, null, undefined, true]) {
      const fetch = await backgroundFetch.fetch({ toString: () => `of ${value}` }, url);
      if (fetch.id !== `of ${value}`) wrong.push(['conversion', value]);
      await fetch.abort();
    }
    for (const fetch of fetches.values()) await fetch.abort();
    return wrong.map(([where, id]) => `${where}: ${JSON.stringify(String(id)).slice(0, 60)}`);
  }, file.url);
  assert.deepEqual(wrong, []);
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
});
