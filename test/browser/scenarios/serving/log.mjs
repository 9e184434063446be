// The log for developers, and who uses the list and the log by other means than eyes.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { openList, row } from '../../lib/list.mjs';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

scenario('axe finds nothing in the list and the log', { timeout: 120_000 }, async (test) => {
  const { browser, page } = await openList(test);
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

scenario('the log tells of a restarted worker, and is exported as JSON', { drawn: true, timeout: 120_000 }, async (test) => {
  const { browser, page } = await openList(test, { stoppable: true });
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
