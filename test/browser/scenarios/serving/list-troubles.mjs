// The list when its worker does not answer, or is gone.
import fs from 'node:fs';
import { openList, row } from '../../lib/list.mjs';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

const { version } = JSON.parse(fs.readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'));

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

scenario(
  'the list shows its rows though its first requests fail, get lost, or come late',
  { drawn: true, timeout: 120_000 },
  async (test) => {
    const { page } = await openList(test);
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
  },
);

/** The list, once it shows that there is no worker. */
const noWorker = (page) =>
  page.waitFor('no row and no worker', 20_000, () => {
    const { textContent, hidden } = list.root().querySelector('.empty');
    return list.rows().length === 0 && !hidden && textContent === list.host().texts.noWorker;
  });

scenario('the list of a worker that is unregistered and registered again', { drawn: true, timeout: 120_000 }, async (test) => {
  const { page } = await openList(test, { worker: { claim: 0 } });
  const slow = test.resource({ size: 60 * MiB, link: MiB });
  await page.evaluate((url) => t.startFetch('before', url, { title: 'before' }), slow.url);
  await row(page, 'before');
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).unregister());
  await noWorker(page);
  await page.evaluate(() => t.register({ claim: 0 }));
  await page.evaluate((url) => t.startFetch('after', url, { title: 'after' }), slow.url);
  await row(page, 'after');
});

// A worker that controls a page outlives its registration, which keeps it as its active one.
scenario('the list of a worker that is unregistered and lives on', { timeout: 120_000 }, async (test) => {
  const { page } = await openList(test);
  const slow = test.resource({ size: 60 * MiB, link: MiB });
  await page.evaluate((url) => t.startFetch('before', url, { title: 'before' }), slow.url);
  await row(page, 'before');
  await page.waitFor('control of the page', 10_000, () => navigator.serviceWorker.controller);
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).unregister());
  await noWorker(page);
});
