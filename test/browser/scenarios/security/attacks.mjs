// What another site, or stored bytes that somebody else wrote, can try with our paths.
import fs from 'node:fs';
import { save } from '../../lib/saved.mjs';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

/** A background fetch of these and a record that takes long, with its snapshot. */
async function start(page, test, id, urls = []) {
  const slow = test.resource({ size: 2 * MiB, link: 64 * 1024 });
  await page.evaluate((id, urls) => t.startFetch(id, urls), id, [...urls, slow.url]);
  return page.waitFor(
    'the records',
    20_000,
    async (id, count) => {
      for (let i = 0; i < count; i++) {
        const response = await fetch(`/__bgfetch__/ids/${encodeURIComponent(id)}/records/${i}`);
        if ((await response.json()).result !== 'success') return false;
      }
      return (await fetch(`/__bgfetch__/fetches?id=${encodeURIComponent(id)}`)).json();
    },
    id,
    urls.length,
  );
}

scenario('a form of another origin neither starts nor aborts', {}, async (test) => {
  // WebKit's driver loses the tabs that show the answers.
  const { browser, page } = await test.open({ script: '/sw-posts.js', own: test.driver.name === 'webkit', tabs: 4 });
  const { uniqueId } = await start(page, test, 'film');
  const here = new URL(test.server.url).origin;
  const body = '{"id":"attack","requests":["/a"],"x":"="}';
  const attacks = [
    [`fetches/${uniqueId}/abort`, 'a='],
    ['ids/film/pause', 'a='],
    ['fetches', body],
  ];
  const came = (path) =>
    test.reports.wait(`the worker to be asked for ${path}`, (report) => report.path === `/__bgfetch__/${path}`, {
      timeout: 20_000,
    });
  for (const [path, text] of attacks) {
    const action = `${here}/__bgfetch__/${path}`;
    const url = test.pageURL('/attack-form.html', { server: { url: test.server.url2 }, action, body: text });
    const other = await browser.newPage(url);
    await other.evaluate(() => void setTimeout(send, 100));
    await came(path);
  }
  // The same in the page itself: a form is a navigation wherever it comes from.
  await page.evaluate((path) => {
    const frame = document.createElement('iframe');
    frame.name = 'answer';
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', action: path, target: 'answer' });
    document.body.append(frame, form);
    form.submit();
  }, '/__bgfetch__/ids/film/abort');
  await came('ids/film/abort');
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { fetches } = await page.evaluate(async () => (await fetch('/__bgfetch__/fetches')).json());
  assert.deepEqual(
    fetches.map(({ id, result, paused }) => [id, result, paused]),
    [['film', '', false]],
  );
  await page.evaluate(() => t.abort('film'));
});

/** What an answer to a navigation was, once the worker has given it. */
const answerTo = (test, url) =>
  test.reports
    .wait(`the answer to ${url}`, (report) => report.kind === 'answer' && report.url === url, { timeout: 20_000 })
    .then(({ status, headers }) => ({ status, headers }));

scenario('another site cannot tell by a window which ids there are', {}, async (test) => {
  const paths = ['ids/film/records/0/body', 'ids/none/records/0/body', 'ids/film/zip', 'ids/none/zip'];
  // WebKit opens no window without a click: there its tabs go to each of the paths, and are lost.
  const lost = test.driver.name === 'webkit';
  const { browser, page } = await test.open({ script: '/sw-posts.js', own: true, tabs: paths.length + 1 });
  await start(page, test, 'film', [`${test.server.url}/attack.html`]);
  // Of its own pages, and once somebody has followed the link in what others get.
  const own = await page.evaluateFor(
    30_000,
    async (path) => {
      const show = (referrerPolicy, query) =>
        new Promise((resolve) => {
          const frame = Object.assign(document.createElement('iframe'), { referrerPolicy, src: path + query });
          frame.onload = () => resolve(frame);
          document.body.append(frame);
        });
      const text = (frame) => frame.contentDocument.body.textContent;
      const direct = text(await show('', '?direct'));
      const gate = await show('no-referrer', '?gate');
      const before = text(gate);
      const loaded = new Promise((resolve) => (gate.onload = resolve));
      gate.contentDocument.querySelector('a').click();
      await loaded;
      return { direct, before, after: text(gate) };
    },
    '/__bgfetch__/ids/film/records/0',
  );
  assert.match(own.direct, /attack\.html/);
  assert.doesNotMatch(own.before, /attack\.html/);
  assert.match(own.after, /attack\.html/);

  const here = new URL(test.server.url).origin;
  const answers = [];
  const elsewhere = test.pageURL('/native.html', { server: { url: test.server.url2 } });
  const other = lost ? undefined : await browser.newPage(elsewhere);
  for (const path of paths) {
    const url = `${here}/__bgfetch__/${path}`;
    if (lost) {
      const tab = await browser.newPage(elsewhere);
      // Not before the answer to this is there: a page that leaves takes it along.
      await tab.evaluate((url) => void setTimeout(() => (location.href = url), 1000), url);
    } else {
      const window = await other.evaluate(async (url) => {
        const opened = open(url);
        /** Whether it still is the empty document, which is of the opener's origin. */
        const isEmpty = () => {
          try {
            return opened.location.href === 'about:blank';
          } catch {
            return false;
          }
        };
        for (const end = Date.now() + 5000; Date.now() < end && !opened.closed && isEmpty(); ) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return { empty: !opened.closed && isEmpty(), frames: opened.length };
      }, url);
      assert.deepEqual(window, { empty: false, frames: 0 }, path);
    }
    answers.push(await answerTo(test, url));
  }
  assert.deepEqual([answers[0].status, Object.fromEntries(answers[0].headers)['content-disposition']], [403, undefined]);
  for (const [i, answer] of answers.entries()) assert.deepEqual(answer, answers[0], paths[i]);
  await page.evaluate(() => t.abort('film'));
});

scenario('a navigation makes the worker send no request', {}, async (test) => {
  const { page } = await test.open({ script: '/sw-posts.js' });
  const file = test.resource({ size: 4 * MiB, link: 64 * 1024, type: 'text/plain' });
  await page.evaluate((url) => t.startFetch('film', url), file.url);
  await page.evaluate(() => t.waitForDownloaded('film', 1));
  const seek = '/__bgfetch__/ids/film/records/0/plan?generation=0&from=4000000&seek=1';
  const before = (await file.log()).length;
  for (const path of [seek, `${seek}&wait=1`, '/__bgfetch__/ids/film/records/0/body']) {
    await page.evaluate((src) => document.body.append(Object.assign(document.createElement('iframe'), { src })), path);
  }
  const answer = await answerTo(test, new URL(seek, test.server.url).href);
  assert.equal(answer.status, 200);
  assert.equal((await answerTo(test, new URL('/__bgfetch__/ids/film/records/0/body', test.server.url).href)).status, 200);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  assert.equal((await file.log()).length, before);
  // The page itself may.
  await page.evaluate(async (path) => void (await fetch(path)), seek);
  for (let n = 0; n < 200 && (await file.log()).length === before; n++) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok((await file.log()).length > before, 'it seeks for the page');
  await page.evaluate(() => t.abort('film'));
});

scenario('stored bytes are no document, script or style of the origin', {}, async (test) => {
  const { browser, page } = await test.open();
  const names = ['attack.html', 'attack.svg', 'attack.pdf', 'attack.js'];
  await start(
    page,
    test,
    'files',
    names.map((name) => `${test.server.url}/${name}`),
  );
  const seen = await page.evaluateFor(
    60_000,
    async (count) => {
      let executed = 0;
      addEventListener('message', ({ data }) => data === 'executed' && executed++);
      const path = (i, query = '') => `/__bgfetch__/ids/files/records/${i}/body${query}`;
      const heads = [];
      for (let i = 0; i < count; i++) {
        const { headers } = await fetch(path(i));
        heads.push(['content-security-policy', 'x-content-type-options', 'content-disposition'].map((name) => headers.get(name)));
        const frame = document.createElement('iframe');
        frame.src = path(i);
        document.body.append(frame);
      }
      /** Whether the element was given anything. */
      const load = (name, properties) =>
        new Promise((resolve) => {
          const element = Object.assign(document.createElement(name), properties);
          element.addEventListener('load', () => resolve(true));
          element.addEventListener('error', () => resolve(false));
          document.head.append(element);
        });
      const script = await load('script', { src: path(3) });
      const style = await load('link', { rel: 'stylesheet', href: path(0) });
      const worker = await new Promise((resolve) => {
        try {
          const worker = new Worker(path(3));
          worker.onmessage = () => resolve(true);
          worker.onerror = () => resolve(false);
        } catch {
          resolve(false);
        }
        setTimeout(resolve, 5000, false);
      });
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return { heads, script, style, worker, executed: [executed, window.executed ?? null] };
    },
    names.length,
  );
  for (const [policy, sniff, disposition] of seen.heads) {
    assert.match(policy, /^sandbox;/);
    assert.deepEqual([sniff, disposition], ['nosniff', 'attachment']);
  }
  assert.deepEqual([seen.script, seen.style, seen.worker, seen.executed], [false, false, false, [0, null]]);
  // Opened by a link they are saved, and the page stays.
  if (test.driver.name !== 'webkit') {
    const files = () => fs.readdirSync(browser.downloads).filter((name) => !/\.(part|crdownload)$/.test(name));
    for (const i of [0, 1]) {
      const before = files().length;
      await save(test, page, `/__bgfetch__/ids/files/records/${i}/body`);
      for (let n = 0; n < 100 && files().length === before; n++) await new Promise((resolve) => setTimeout(resolve, 100));
      assert.ok(files().length > before, `${names[i]} was not saved; there is ${fs.readdirSync(browser.downloads)}`);
    }
    assert.equal(await page.evaluate(() => window.executed ?? null), null);
  }
  await page.evaluate(() => t.abort('files'));
});

scenario('ids that look like paths, and a title of 100 kB', {}, async (test) => {
  const { page } = await test.open();
  const ids = ['../../page.html', 'a/b', '%2F..%2F', '<img src=x onerror=alert(1)>', '?x#y'];
  for (const id of ids) {
    const slow = test.resource({ size: MiB, link: 64 * 1024 });
    await page.evaluate((id, url) => t.startFetch(id, url, { title: 'T'.repeat(100_000) }), id, slow.url);
  }
  const found = await page.evaluate(async (ids) => {
    const ask = async (path) => {
      const response = await fetch(path);
      return response.status === 200 ? (await response.json()).id : response.status;
    };
    const base = '/__bgfetch__';
    return {
      ids: await Promise.all(ids.map((id) => ask(`${base}/ids/${encodeURIComponent(id)}`))),
      others: await Promise.all(
        [
          '/ids/..%2F..%2Fpage',
          '/fetches/..%2F..%2Fpage.html',
          '/fetches/%00',
          '/fetches//x',
          '/ids/a/b',
          '/ids/a%2Fb/..%2F..%2Flist',
          '/ids/a%2Fb/..%2F..%2F..%2Fpage.html',
          '/fetches/x%2Fabort',
          '/..%5cpage.html',
        ].map((path) => ask(base + path)),
      ),
    };
  }, ids);
  assert.deepEqual(found.ids, ids);
  assert.deepEqual(
    found.others,
    found.others.map(() => 404),
  );
  // Another origin's path is its own, though it looks like ours.
  const other = await page.evaluate(
    async (url) => (await fetch(url, { mode: 'no-cors' })).type,
    `${test.server.url2}/__bgfetch__/fetches`,
  );
  assert.equal(other, 'opaque');
  await page.evaluate(async (ids) => void (await Promise.all(ids.map((id) => t.abort(id)))), ids);
});

scenario('background fetches over HTTP', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 2 * MiB, link: 256 * 1024 });
  const askAll = async (url, large) => {
    const ask = async (method, path, body) => {
      const response = await fetch(`/__bgfetch__/${path}`, { method, body });
      const { status } = response;
      return {
        status,
        type: response.headers.get('content-type'),
        cache: response.headers.get('cache-control'),
        location: response.headers.get('location'),
        allow: response.headers.get('allow'),
        body: await response.json(),
      };
    };
    const post = (path, body) => ask('POST', path, body);
    const started = await post('fetches', JSON.stringify({ id: 'film', title: 'A film', requests: [url] }));
    return {
      started,
      one: await (await fetch(`/__bgfetch__/${started.location}`)).json(),
      pause: await post('ids/film/pause'),
      resume: await post('ids/film/resume'),
      broken: await post('fetches', '{"id":'),
      none: await post('fetches/unknown/pause'),
      wrong: await post('list', '{}'),
      abort: await post('ids/film/abort'),
      unknown: await Promise.all([
        post('fetches/unknown/abort'),
        ask('DELETE', 'kept/unknown'),
        ask('DELETE', 'history/999'),
        ask('GET', 'ids/film/records/1/body'),
      ]),
      escape: await ask('GET', 'ids/%zz'),
      large: large && (await post('fetches', new Blob(Array(65).fill(new Uint8Array(2 ** 20).fill(32))))),
    };
  };
  const { pathname, search } = new URL(file.url);
  const answers = await page.evaluate(askAll, pathname + search, test.long);
  assert.equal(answers.started.status, 201);
  assert.equal(answers.started.cache, 'no-store');
  assert.equal(answers.started.location, `fetches/${answers.started.body.uniqueId}`);
  assert.equal(answers.one.id, 'film');
  assert.deepEqual(
    [answers.pause.body, answers.resume.body, answers.abort.body],
    [{ paused: true }, { paused: false }, { aborted: true }],
  );
  assert.deepEqual([answers.broken.status, answers.none.status, answers.wrong.status], [400, 404, 405]);
  assert.match(answers.broken.body.detail, /JSON/);
  assert.equal(answers.wrong.allow, 'GET, HEAD');
  assert.deepEqual(
    answers.unknown.map(({ status }) => status),
    [404, 404, 404, 404],
  );
  assert.equal(answers.escape.status, 400);
  if (test.long) assert.equal(answers.large.status, 413);
  assert.match(answers.escape.body.detail, /%zz/);
  const { broken, none, wrong, unknown, escape, large } = answers;
  for (const { type, cache, body, status } of [broken, none, wrong, ...unknown, escape, large || escape]) {
    assert.deepEqual([type, cache, body.status], ['application/problem+json', 'no-store', status]);
  }
  assert.equal((await test.event('film')).type, 'backgroundfetchabort');
});
