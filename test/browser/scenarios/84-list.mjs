// The downloads page and the web components that it is made of.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { assert, gets, MiB, scenario } from '../lib/scenario.mjs';

const { version } = JSON.parse(fs.readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const MARKUP = `<img src=x onerror="top.executed = 1">`;

const open = async (test, options) => {
  const opened = await test.open({ ...options, page: '/list.html' });
  await opened.page.waitFor('the list', 10_000, () => list.host().shadowRoot);
  return opened;
};

/** A row whose title begins so, once it passes the test. */
const row = (page, title, passes = () => true) =>
  page.waitFor(
    `a row "${title}"`,
    30_000,
    `(title) => list.rows().find((row) => row.title.startsWith(title) && (${passes})(row))`,
    title,
  );

scenario('the downloads page, without a network', { timeout: 120_000 }, async (test) => {
  const { page } = await open(test);
  const slow = test.resource({ size: 30 * MiB, link: MiB });
  const missing = test.resource({ status: 404 });
  await page.evaluate(
    async (slow, missing, markup) => {
      await t.startFetch(markup, slow, { downloadTotal: 30 * 2 ** 20 });
      await t.startFetch('long', slow + '&rate=1000&seed=9', {
        title: markup.repeat(100_000 / markup.length),
        icons: [{ src: '/none.png' }],
      });
      await t.startFetch('missing', missing, { title: 'A file that is missing' });
    },
    slow.url,
    missing.url,
    MARKUP,
  );
  await test.event('missing');
  await test.server.control('stop', { ms: 60_000 });
  const head = await page.evaluate(async () => {
    window.frame = await list.openPage();
    const response = await fetch('/__bgfetch__/');
    return Object.fromEntries(response.headers);
  });
  assert.match(head['content-security-policy'], /^default-src 'none'/);
  assert.equal(head['cache-control'], 'no-store');

  const rows = await page.waitFor('three rows', 20_000, () => {
    const rows = list.root(frame.contentDocument) && list.rows(frame.contentDocument);
    return rows?.length === 3 && rows.some(({ state }) => state === 'failure') && rows;
  });
  const [markup, long, failed] = rows;
  assert.equal(markup.title, MARKUP);
  assert.ok(Number(markup.progress) >= 0);
  assert.equal(long.title.slice(0, 300), MARKUP.repeat(10).slice(0, 300));
  assert.ok(long.title.length < 400, `a title of ${long.title.length} characters`);
  for (const { elements } of rows) assert.doesNotMatch(elements, /img|script/);
  assert.deepEqual([failed.title, failed.detail], ['A file that is missing', 'the server answered with status 404']);
  assert.deepEqual(failed.buttons, ['Retry', 'Remove']);
  const executed = await page.evaluate(() => [window.executed ?? 0, frame.contentWindow.executed ?? 0]);
  assert.deepEqual(executed, [0, 0]);
  // A navigation, or a form of another site, changes nothing.
  const still = await page.evaluate(async () => {
    const { fetches } = await (await fetch('/__bgfetch__/list')).json();
    const form = frame.contentDocument.createElement('form');
    form.action = `/__bgfetch__/fetches/${fetches[0].uniqueId}/abort`;
    return [form.action.endsWith('/abort'), (await fetch(form.action)).status];
  });
  assert.deepEqual(still, [true, 405]);
  await test.server.control('start');
});

/** Walks to the button by the keyboard and presses it; WebKit's driver has no keys. */
async function press(page, name, key) {
  const keyboard = page.page?.keyboard;
  if (!keyboard) return page.evaluate((name) => list.press(name), name);
  for (let i = 0; i < 40; i++) {
    if ((await page.evaluate(() => list.focused())) === name) return keyboard.press(key);
    await keyboard.press('Tab');
  }
  throw new Error(`there is no way to "${name}" by the keyboard`);
}

scenario('pause, resume, abort, retry and remove by the keyboard', { timeout: 120_000 }, async (test) => {
  const { page } = await open(test);
  const file = test.resource({ size: 24 * MiB, link: 2 * MiB });
  const icon = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')}`;
  const options = { title: 'A film', downloadTotal: 24 * MiB, icons: [{ src: icon }] };
  await page.evaluate((url, options) => t.startFetch('film', url, options), file.url, options);
  await row(page, 'A film', (row) => row.state === 'running');
  const heights = await page.evaluate(() => list.watchBar(8));
  assert.equal(heights.length, 1, `the row's height jumps: ${heights}`);
  const running = await row(page, 'A film', (row) => /MB\/s · .* left/.test(row.says));
  assert.deepEqual([running.meta, running.icon], [new URL(file.url).host, icon]);
  assert.match(running.amount, /^[\d.]+ \/ 25.2 MB · \d+%$/);

  await press(page, 'Pause A film', 'Enter');
  const paused = await row(page, 'A film', (row) => row.state === 'paused');
  assert.deepEqual([paused.says, paused.buttons], ['Paused', ['Resume', 'Abort']]);
  assert.equal(await page.evaluate(() => list.focused()), 'Resume A film', 'the button keeps the focus');
  assert.match(await page.evaluate(() => list.root().querySelector('[role=status]').textContent), /A film: Paused/);
  await press(page, 'Resume A film', ' ');
  await row(page, 'A film', (row) => row.state === 'running');

  await press(page, 'Abort A film', 'Enter');
  const aborted = await row(page, 'A film', (row) => row.state === 'failure');
  assert.deepEqual([aborted.says, aborted.buttons, aborted.progress], ['Aborted', ['Retry', 'Remove'], null]);
  assert.equal(await page.evaluate(() => list.focused()), 'Under way', 'the focus stays in the list');
  assert.equal((await test.event('film')).type, 'backgroundfetchabort');

  const before = gets(await file.log()).length;
  await press(page, 'Retry A film', 'Enter');
  await row(page, 'A film', (row) => row.state === 'running');
  const again = await page.evaluate(() => t.getFetch('film'));
  assert.equal(again.downloadTotal, 24 * MiB);
  assert.ok(gets(await file.log()).length > before, 'the same request again');
  // It is begun anew first, and then taken out of the history.
  await page.waitFor('it to be in the history no longer', 10_000, () => list.rows().length === 1);

  await press(page, 'Abort A film', 'Enter');
  await row(page, 'A film', (row) => row.state === 'failure');
  await press(page, 'Remove A film', 'Enter');
  await page.waitFor('no row', 10_000, () => list.rows().length === 0);
});

scenario('the list says why each waits', { timeout: 120_000 }, async (test) => {
  const { page } = await open(test, { script: '/sw-metered.js' });
  const connection = (change) =>
    page.evaluate((data) => {
      (window.channel ??= new BroadcastChannel('connection')).postMessage(data);
    }, change);
  const says = async (title, state) => {
    const { says, buttons } = await row(page, title, `(row) => row.state === '${state}'`);
    assert.deepEqual(buttons, ['Pause', 'Abort'], title);
    return says;
  };
  const size = 4 * MiB;
  const film = test.resource({ size, link: MiB });
  const busy = Array.from({ length: 6 }, () => test.resource({ size, link: MiB / 4 }));
  const refused = test.resource({ size, status: 503, retryafter: 600 });
  const start = (id, urls, options) => page.evaluate((...args) => t.startFetch(...args), id, urls, { title: id, ...options });

  await connection({ saveData: true });
  await start('charged', test.resource({ size: 1000 }).url, { network: 'unmetered' });
  assert.equal(await says('charged', 'waiting-unmetered'), 'Waits for a connection without charge');
  await connection({ saveData: false });
  await row(page, 'charged', (row) => row.state === 'success');

  await start('refused', refused.url);
  assert.match(await says('refused', 'waiting-retry'), /^Next try in (10|9) min$/);

  await start('film', film.url);
  await page.evaluate(() => t.waitForDownloaded('film', 1));
  await connection({ onLine: false });
  await test.server.control('stop', { name: film.name, ms: 60_000 });
  assert.equal(await says('film', 'waiting-online'), 'Waits for the network');
  await test.server.control('start', { name: film.name });
  await connection({ onLine: true });

  await start(
    'busy',
    busy.map(({ url }) => url),
  );
  await start('turn', test.resource({ size: 1000 }).url, { priority: 'low' });
  assert.equal(await says('turn', 'queued'), 'Waits for its turn');
  await page.evaluate(() => Promise.all(['refused', 'busy', 'turn'].map((id) => t.abort(id))));
  const event = await test.event('film');
  assert.deepEqual([event.type, event.records[0].sha256], ['backgroundfetchsuccess', await film.sha256()]);
});

/** How the messages of the list's next requests fare, by path: refused by the worker, lost on the way, or never answered. */
const trouble = (page, fates) =>
  page.evaluate(
    async (fates, version) => {
      list.host().remove();
      const { postMessage } = (window.whole ??= { postMessage: ServiceWorker.prototype.postMessage });
      ServiceWorker.prototype.postMessage = function (message, [port]) {
        const fate = message.__bgfetch__ === 'request' && fates[message.path]?.shift();
        const alive = () => port.postMessage({ type: 'alive', version });
        const body = JSON.stringify({ detail: 'not just now' });
        if (fate === 'refused') port.postMessage({ type: 'reply', status: 500, body });
        else if (fate === 'late') setInterval(alive, 1000);
        else if (fate !== 'lost') postMessage.call(this, message, [port]);
      };
      const fresh = document.createElement('background-fetch-list');
      window.errors = [];
      const note = () => window.errors.push(fresh.shadowRoot.querySelector('[role=alert]').textContent);
      document.querySelector('main').append(fresh);
      new MutationObserver(note).observe(fresh.shadowRoot.querySelector('[role=alert]'), { childList: true });
    },
    fates,
    version,
  );

scenario('the list shows its rows though its first requests fail, get lost, or come late', { timeout: 120_000 }, async (test) => {
  const { page } = await open(test);
  const slow = test.resource({ size: 60 * MiB, link: MiB });
  await page.evaluate(
    (...urls) => Promise.all(urls.map((url, i) => t.startFetch(`f${i}`, url, { title: `f${i}` }))),
    slow.url,
    '/none',
  );
  await row(page, 'f1', (row) => row.state === 'failure');
  const allRows = () => page.waitFor('both rows', 30_000, () => list.rows().length === 2);

  await trouble(page, { list: ['refused', 'refused'] });
  await allRows();
  assert.deepEqual(await page.evaluate(() => window.errors), ['not just now', ''], 'it says why, for as long as it lasts');
  // What is under way is shown without what was.
  await trouble(page, { history: Array(4).fill('refused') });
  await row(page, 'f0');
  await row(page, 'f1');
  for (const fate of ['lost', 'late']) {
    for (const path of ['list', 'history']) {
      await trouble(page, { [path]: [fate] });
      await allRows();
    }
  }
  // One that is shown already hears of what comes, too.
  await page.evaluate((url) => t.startFetch('f2', url, { title: 'f2' }), slow.url + '&seed=3');
  await row(page, 'f2');
});

scenario('the list of a worker that is unregistered and registered again', { timeout: 120_000 }, async (test) => {
  // A worker that controls a page outlives its registration.
  const { page } = await open(test, { worker: { claim: 0 } });
  const slow = test.resource({ size: 60 * MiB, link: MiB });
  await page.evaluate((url) => t.startFetch('before', url, { title: 'before' }), slow.url);
  await row(page, 'before');
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).unregister());
  await page.waitFor('no row and no worker', 20_000, () => {
    const { textContent, hidden } = list.root().querySelector('.empty');
    return list.rows().length === 0 && !hidden && textContent === list.host().texts.noWorker;
  });
  await page.evaluate(() => t.register({ claim: 0 }));
  await page.evaluate((url) => t.startFetch('after', url, { title: 'after' }), slow.url);
  await row(page, 'after');
});

scenario('saved and deleted in the list: one file, several, what is kept', { timeout: 120_000 }, async (test) => {
  const { page } = await open(test);
  const files = [test.resource({ size: 3 * MiB, link: MiB }), test.resource({ size: 1000 })];
  await page.evaluate(
    async ([slow, small]) => {
      await t.startFetch('album', [slow, small], { title: 'An album', keep: true });
      await t.startFetch('note', small + '&seed=5', { title: 'A note', keep: true });
      await t.startFetch('gone', small + '&seed=6', { title: 'Not kept' });
    },
    files.map(({ url }) => url),
  );
  const coming = await row(page, 'An album', (row) => row.save && row.progress);
  assert.match(coming.save, /^\/__bgfetch__\/fetches\/[\w-]+\/zip$/);
  const album = await row(page, 'An album', (row) => row.state === 'success');
  const note = await row(page, 'A note', (row) => row.state === 'success');
  const gone = await row(page, 'Not kept', (row) => row.state === 'success');
  assert.deepEqual([album.says, album.buttons, album.save], ['Kept here', ['Delete'], coming.save]);
  assert.match(note.save, /\/records\/0\/body$/);
  assert.deepEqual([gone.says, gone.buttons, gone.save], ['Complete', ['Remove'], null]);
  const links = await page.waitFor('the files', 10_000, () => {
    const details = list.root().querySelector('details:not([hidden])');
    details.open = true;
    const links = [...details.querySelectorAll('a')];
    return links.length === 2 && links.map(({ textContent, href }) => ({ name: textContent, href }));
  });
  assert.deepEqual(
    links.map(({ name }) => name),
    files.map(({ name }) => name),
  );
  const answers = await page.evaluate(
    (hrefs) =>
      Promise.all(
        hrefs.map(async (href) => {
          const { status, headers } = await fetch(href, { method: 'HEAD' });
          return [status, headers.get('content-disposition').split(';')[0], headers.get('content-length')];
        }),
      ),
    [...links.map(({ href }) => href), note.save + '?download', album.save],
  );
  assert.deepEqual(answers.slice(0, 3), [
    [200, 'attachment', String(3 * MiB)],
    [200, 'attachment', '1000'],
    [200, 'attachment', '1000'],
  ]);
  assert.deepEqual(answers[3].slice(0, 2), [200, 'attachment']);

  // What is kept stays in the list though the history is cleared.
  await press(page, 'Clear', 'Enter');
  await page.waitFor('two rows', 10_000, () => list.rows().length === 2);
  await press(page, 'Delete An album', 'Enter');
  await page.waitFor('one row', 10_000, () => list.rows().length === 1);
  await press(page, 'Delete A note', ' ');
  await page.waitFor('no row', 10_000, () => list.rows().length === 0);
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
});

scenario('axe finds nothing in the list and the log', { timeout: 120_000 }, async (test) => {
  const { browser, page } = await open(test);
  const slow = test.resource({ size: 30 * MiB, link: MiB });
  const missing = test.resource({ status: 404 });
  await page.evaluate(
    async (slow, missing) => {
      await t.startFetch('a', slow, { title: 'Is paused', downloadTotal: 30 * 2 ** 20 });
      await t.held.get('a').pause();
      await t.startFetch('b', slow + '&seed=3', { title: 'Goes on' });
      await t.startFetch('c', missing, { title: 'Is missing' });
      await t.startFetch(
        'd',
        ['1', '2'].map((seed) => `${missing.split('?')[0]}-${seed}?size=1000&seed=${seed}`),
        { title: 'Is kept', keep: true },
      );
    },
    slow.url,
    missing.url,
  );
  await row(page, 'Is missing', (row) => row.state === 'failure');
  await row(page, 'Is kept', (row) => row.state === 'success');
  await page.evaluate(() => (list.root().querySelector('details:not([hidden])').open = true));
  await page.evaluate(() => (list.host('log').shadowRoot.querySelector('details').open = true));
  await page.waitFor('the log', 10_000, () => list.host('log').shadowRoot.querySelector('tbody td'));
  await noViolations(page, 'a page with the list');
  await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  await noViolations(page, 'from right to left');
  const place = () => {
    const [icon, actions] = ['.icon', '.actions'].map((name) => list.root().querySelector(name).getBoundingClientRect().left);
    return icon > actions && document.documentElement.scrollWidth <= document.documentElement.clientWidth;
  };
  assert.ok(await page.evaluate(place), 'it is mirrored');

  const themed = await page.evaluate(() => {
    const style = document.createElement('style');
    style.textContent = `background-fetch-list { --bgfetch-accent: rgb(1, 2, 3); }
      background-fetch-list::part(heading) { font-style: italic; }`;
    const styleOf = (selector) => getComputedStyle(list.root().querySelector(selector));
    const look = () => [styleOf('[data-state=running] .fill').backgroundColor, styleOf('[part=heading]').fontStyle];
    const before = look();
    document.head.append(style);
    const after = look();
    style.remove();
    return { before, after };
  });
  assert.deepEqual(themed.after, ['rgb(1, 2, 3)', 'italic']);
  for (const [i, value] of themed.before.entries()) assert.notEqual(value, themed.after[i]);

  // The agent of WebKit's driver is not in the page itself, nor is there a way to set its viewport.
  if (!page.page) return;
  const downloads = await browser.newPage(new URL('/__bgfetch__/', test.server.url).href);
  const complete = () => document.querySelector('background-fetch-list').shadowRoot.querySelectorAll('.item').length === 4;
  await downloads.waitFor('the rows', 20_000, complete).catch(async (error) => {
    const shown = () => document.querySelector('background-fetch-list').shadowRoot.textContent;
    throw new Error(`${error.message}; the list shows: ${await downloads.evaluate(shown)}`);
  });
  await downloads.page.setViewport({ width: 320, height: 700 });
  const isChromium = test.driver.name === 'chromium'; // BiDi has no emulation of media
  if (isChromium) {
    const preferences = { 'prefers-color-scheme': 'dark', 'prefers-reduced-motion': 'reduce' };
    await downloads.page.emulateMediaFeatures(Object.entries(preferences).map(([name, value]) => ({ name, value })));
  }
  await noViolations(downloads, 'the downloads page, narrow, and dark');
  const [wide, transition] = await downloads.evaluate(() => {
    const fill = document.querySelector('background-fetch-list').shadowRoot.querySelector('.fill');
    return [document.documentElement.scrollWidth, getComputedStyle(fill).transitionDuration];
  });
  assert.ok(wide <= 320, `it is ${wide} px wide`);
  assert.equal(transition, isChromium ? '0s' : '0.2s');
});

async function noViolations(page, what) {
  await page.evaluate(`(async () => { if (!globalThis.axe) { ${axe}; } })()`);
  const violations = await page.evaluateFor(60_000, async () => {
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => html + ' ' + any.map(({ message }) => message)).join('; ')}`,
    );
  });
  assert.deepEqual(violations, [], what);
}

scenario('the log tells of a restarted worker, and is exported as JSON', { timeout: 120_000 }, async (test) => {
  const { browser, page } = await open(test, { stoppable: true });
  const file = test.resource({ size: 12 * MiB, link: MiB });
  await page.evaluate((url) => t.startFetch('film', url), file.url);
  await page.evaluate((bytes) => t.waitForDownloaded('film', bytes), 5 * MiB); // the log is stored every 2 s
  await browser.stopWorker(page);
  await page.waitFor('two runs', 30_000, async () => (await list.host('log').read()).runs.length >= 2);
  const exported = await page.evaluate(async () => {
    const blobs = [];
    URL.createObjectURL = (blob) => (blobs.push(blob), 'data:,');
    const log = list.host('log').shadowRoot;
    log.querySelector('details').open = true;
    log.querySelector('button').click();
    while (blobs.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    return { type: blobs[0].type, text: await blobs[0].text() };
  });
  assert.equal(exported.type, 'application/json');
  const log = JSON.parse(exported.text);
  const last = log.runs.at(-1).entries;
  assert.deepEqual(
    last.slice(0, 2).map(({ event }) => event),
    ['started', 'loaded'],
  );
  assert.ok(log.runs[0].entries.some(({ event, url }) => event === 'request' && url === file.url));
  assert.ok(log.stored >= MiB && log.fetches[0].id === 'film' && log.scope && log.userAgent);
  const resumed = await page.waitFor('the request that goes on', 20_000, async () => {
    const { runs } = await list.host('log').read();
    return runs.at(-1).entries.find(({ event, range }) => event === 'request' && range);
  });
  assert.match(resumed.range, /^bytes=\d+-$/);
  await page.waitFor('a run for each start', 20_000, () => list.host('log').shadowRoot.querySelectorAll('tbody').length >= 2);
});

scenario("the list of the browser's own background fetches", { browsers: ['chromium'] }, async (test) => {
  const browser = await test.launch({ native: true });
  const page = await browser.newPage(test.pageURL('/list.html'));
  await page.evaluate(() => t.register());
  const file = test.resource({ size: 30 * MiB, link: MiB });
  await page.evaluate((url) => t.startFetch('film', url, { title: 'A film', downloadTotal: 30 * 2 ** 20 }), file.url);
  const shown = await row(page, 'film');
  assert.deepEqual(shown.buttons, ['Abort']);
  await page.evaluate(() => list.press('Abort film'));
  await page.waitFor('no row', 20_000, () => list.rows().length === 0);
});
