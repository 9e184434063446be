// Sites that follow published texts, as whoever copied their code has them: static/reference has
// the pages and workers as they are without us, and what our documentation asks for is put in front
// of them here. Against the browser's own Background Fetch (--native) nothing is.
import fs from 'node:fs';
import path from 'node:path';
import { grantNotifications } from './any-worker.mjs';
import { fireAtNotifications, takeTurns, watchShown } from './notifications.mjs';
import { assert } from './scenario.mjs';
import { directories } from './server.mjs';

const texts = path.join(directories['/'], 'reference');
/** The other origin of the texts. */
const MODELS = 'https://models.example';

/** What the tests need in every page. */
const AGENT = '<!doctype html>\n<script src="/test/report.js"></script>\n<script src="/test/agent.js"></script>\n';
const PAGE = '<script src="/background-fetch/page.js"></script>\n';
const WORKER = "importScripts('/background-fetch/sw.js');\n";

/** What the tests need in the worker. Windows are opened only where the user clicked. */
const preamble = (address, fake) => `self.reportTo = ${JSON.stringify(address)};
importScripts('/test/report.js', '/test/eval.js'${fake ? ", '/test/fake-notifications.js'" : ''});
const { openWindow } = Clients.prototype;
clients.openWindow = async (url) => {
  report('opened', { url });
  return openWindow.call(clients, url).catch(() => null);
};
`;

/** Runs code in the active worker of the page's site. */
const workerOf =
  (page) =>
  async (code, ...args) => {
    const ask = async (code, args) => {
      const { active } = await navigator.serviceWorker.ready;
      const { port1, port2 } = new MessageChannel();
      const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(JSON.parse(data))));
      active.postMessage({ code, args }, [port2]);
      return answer;
    };
    const { value, error } = await page.evaluate(ask, String(code), args);
    if (error) throw new Error(`in the worker: ${error}`);
    return value;
  };

/** The site of a text, whose worker is active. `shows`: it may show notifications. */
export async function openText(test, text, { browser, shows = false } = {}) {
  const site = test.temporaryDirectory();
  const server = await test.ownServer({ '/': site, '/test/': directories['/'], '/background-fetch/': directories['/dist/'] });
  const read = (name) => fs.readFileSync(path.join(texts, text, name), 'utf8').replaceAll(MODELS, server.url2);
  const write = (name, content) => fs.writeFileSync(path.join(site, name), content);
  const ours = !test.plain;
  const fake = shows && test.driver.name === 'webkit';
  for (const name of fs.readdirSync(path.join(texts, text))) write(name, read(name));
  write('index.html', AGENT + (ours ? PAGE : '') + read('index.html'));
  write('without.html', AGENT + read('index.html'));
  write('sw.js', preamble(test.channel.address(test.id), fake) + (ours ? WORKER : '') + read('sw.js'));

  browser ??= await test.sharedBrowser();
  if (shows && !fake) await grantNotifications(browser, new URL(server.url).origin, test.driver.name);
  const open = (path = '/') => browser.newPage(test.pageURL(path, { server }));
  const page = await open();
  await page.waitFor('the worker to be active', 20_000, async () => {
    const site = await navigator.serviceWorker.ready;
    return site.active.state === 'activated';
  });
  const inWorker = workerOf(page);
  if (shows) for (const script of [fireAtNotifications, takeTurns]) await inWorker(script);
  return { page, open, server, inWorker, waitForShown: watchShown(inWorker) };
}

/** The console of page and worker has such a line. */
export const said = (test, what) =>
  test.reports.wait(`the console to say ${what}`, ({ kind, text }) => kind === 'console' && text.includes(what), {
    timeout: 30_000,
  });

/** Nothing was thrown that nobody caught, in page and worker. */
export function nothingThrown(test) {
  assert.deepEqual(
    test.reports.all(({ kind }) => kind === 'error'),
    [],
  );
}

/** What there is in a cache of the site, once it has so many entries: paths, and the lengths of the bodies. */
export async function cached(page, name, count) {
  const isFull = async (name, count) => (await (await caches.open(name)).keys()).length === count;
  await page.waitFor(`${count} in the cache ${name}`, 30_000, isFull, name, count);
  return page.evaluate(async (name) => {
    const cache = await caches.open(name);
    const rows = (await cache.keys()).map(async (request) => {
      const body = await (await cache.match(request)).arrayBuffer();
      return [new URL(request.url).pathname, body.byteLength];
    });
    return Object.fromEntries(await Promise.all(rows));
  }, name);
}
