// The downloads page and the list that it is made of.
import { openList, row } from '../../lib/list.mjs';
import { assert, gets, MiB, scenario } from '../../lib/scenario.mjs';

const MARKUP = `<img src=x onerror="top.executed = 1">`;

scenario('the downloads page, without a network', { timeout: 120_000 }, async (test) => {
  const { page } = await openList(test);
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
  const { page } = await openList(test);
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
  assert.equal(await page.evaluate(() => list.focused()), 'In progress', 'the focus stays in the list');
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

scenario('the list says why each waits', { drawn: true, timeout: 120_000 }, async (test) => {
  const { page } = await openList(test, { script: '/sw-metered.js' });
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
  assert.equal(await says('charged', 'waiting-unmetered'), 'Waiting for an unmetered connection');
  await connection({ saveData: false });
  await row(page, 'charged', (row) => row.state === 'success');

  await start('refused', refused.url);
  assert.match(await says('refused', 'waiting-retry'), /^Next try in (10|9) min$/);

  await start('film', film.url);
  await page.evaluate(() => t.waitForDownloaded('film', 1));
  await connection({ onLine: false });
  await test.server.control('stop', { name: film.name, ms: 60_000 });
  assert.equal(await says('film', 'waiting-online'), 'Waiting for the network');
  await test.server.control('start', { name: film.name });
  await connection({ onLine: true });

  await start(
    'busy',
    busy.map(({ url }) => url),
  );
  await start('turn', test.resource({ size: 1000 }).url, { priority: 'low' });
  assert.equal(await says('turn', 'queued'), 'Waiting for its turn');
  await page.evaluate(() => Promise.all(['refused', 'busy', 'turn'].map((id) => t.abort(id))));
  const event = await test.event('film');
  assert.deepEqual([event.type, event.records[0].sha256], ['backgroundfetchsuccess', await film.sha256()]);
});

scenario('saved and deleted in the list: one file, several, what is kept', { timeout: 120_000 }, async (test) => {
  const { page } = await openList(test);
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
  assert.deepEqual([album.says, album.buttons, album.save], ['Kept on this device', ['Delete'], coming.save]);
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

scenario("the list of the browser's own background fetches", { browsers: ['chromium'] }, async (test) => {
  const browser = await test.launch({ native: true });
  const page = await browser.newPage(test.pageURL('/list.html'));
  await page.evaluate(() => t.register());
  const file = test.resource({ size: 30 * MiB, link: MiB });
  await page.evaluate((url) => t.startFetch('film', url, { title: 'A film', downloadTotal: 30 * 2 ** 20 }), file.url);
  const shown = await row(page, 'film');
  assert.deepEqual(shown.buttons, ['Abort']);
  // No worker of ours gives texts: they are beside the script.
  await page.evaluate(() => (document.documentElement.lang = 'de'));
  await row(page, 'film', (row) => row.buttons[0] === 'Abbrechen');
  await page.evaluate(() => (document.documentElement.lang = 'en'));
  await row(page, 'film', (row) => row.buttons[0] === 'Abort');
  await page.evaluate(() => list.press('Abort film'));
  await page.waitFor('no row', 20_000, () => list.rows().length === 0);
});
