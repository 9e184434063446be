// What another site, or stored bytes that somebody else wrote, can try with our paths.
import fs from 'node:fs';
import { save } from '../lib/saved.mjs';
import { assert, MiB, scenario } from '../lib/scenario.mjs';

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
