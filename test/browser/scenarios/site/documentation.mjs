// The code in the documentation, as it stands there: a site with the documents' own
// service worker and markup, in which one block after the other is run.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { codeOf, codeOfKind, runDocuments } from '../../lib/documentation.mjs';
import { assert, scenario } from '../../lib/scenario.mjs';
import { root } from '../../lib/server.mjs';

const SIZE = 300_000;
const PIECE = 65_536;

/** What the blocks speak of: two media files, and what is known of one of them. */
function writeMedia(directory) {
  fs.mkdirSync(directory);
  const content = crypto.randomBytes(SIZE);
  for (const name of ['episode-1.webm', 'episode-2.webm']) fs.writeFileSync(path.join(directory, name), content);
  const hash = (bytes) => `sha256-${crypto.createHash('sha256').update(bytes).digest('base64')}`;
  const hashes = [];
  for (let at = 0; at < SIZE; at += PIECE) hashes.push(hash(content.subarray(at, at + PIECE)));
  fs.writeFileSync(path.join(directory, 'episode-1.json'), JSON.stringify({ integrity: hash(content), length: PIECE, hashes }));
}

/** In front of the worker's blocks: its errors are reported. */
const reporting = (address) => `
for (const type of ['error', 'unhandledrejection']) {
  addEventListener(type, ({ message, reason }) => fetch(${JSON.stringify(address)}, {
    method: 'POST', mode: 'no-cors', body: JSON.stringify({ kind: 'error', from: 'worker', at: Date.now(), text: String(reason ?? message) }),
  }));
}
`;

/** For documents that are about something else. */
const USUAL = {
  worker: `importScripts('/background-fetch/sw.js');
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
`,
  page: '<script src="/background-fetch/page.js"></script>\n',
};

async function openSite(test, blocks) {
  const site = test.temporaryDirectory();
  const of = (language, mark) => codeOfKind(blocks, language, mark).join('\n');
  writeMedia(path.join(site, 'media'));
  const worker = of('js', 'worker');
  const begin = reporting(test.channel.address(test.id)) + (worker.includes('importScripts') ? '' : USUAL.worker);
  fs.writeFileSync(path.join(site, 'sw.js'), begin + worker);
  const agent = '<!doctype html>\n<script src="/test/report.js"></script>\n<script src="/test/agent.js"></script>\n';
  fs.writeFileSync(path.join(site, 'register.html'), agent);
  const markup = `${of('html', 'page')}<style>${of('css', 'page')}</style>`;
  const script = markup.includes('/page.js') ? '' : USUAL.page;
  fs.writeFileSync(path.join(site, 'index.html'), agent + script + markup);
  const server = await test.ownServer({
    '/': site,
    '/test/': path.join(root, 'test/browser/static'),
    '/background-fetch/': path.join(root, 'dist'),
  });
  const browser = await test.sharedBrowser();
  // Not every worker takes over the page that has registered it.
  const first = await browser.newPage(test.pageURL('/register.html', { server }));
  await first.evaluate(async () => {
    await navigator.serviceWorker.register('/sw.js');
    await navigator.serviceWorker.ready;
  });
  const page = await browser.newPage(test.pageURL('/', { server }));
  await page.waitFor('the worker to control the page', 15_000, () => navigator.serviceWorker.controller !== null);
  return { page, server };
}

/** Runs in the page: one block, and everything that it began. */
async function runBlock(code, name) {
  const { backgroundFetch } = await navigator.serviceWorker.ready;
  const own = /\bdownload\b/.test(code) && !/\b(const|let) download\b/.test(code);
  const download = own && (await backgroundFetch.fetch(name, `/file/${name}?size=200000&rate=400000`));
  const file = new File(['a file of the user'], 'notes.txt');
  const AsyncFunction = (async () => {}).constructor;
  // In a block of its own, so that it may declare these names itself.
  const run = new AsyncFunction('backgroundFetch', 'download', 'file', 'prints', `{\n${code}\n}`);
  await run(backgroundFetch, download, file, (values, said) => {
    const printed = values.map((value) => JSON.stringify(value)).join(', ');
    if (printed !== said) throw new Error(`it prints ${printed}, not ${said}`);
  });
}

/** Lines that say what they print are compared with it; other comments behind one are left alone. */
const comparing = (code) =>
  code.replaceAll(/console\.log\((.*)\); \/\/ (.+)$/gm, (line, values, said) => {
    try {
      JSON.parse(`[${said}]`);
    } catch {
      return line;
    }
    return `prints([${values}], ${JSON.stringify(said)});`;
  });

/** The site of docs/start.md, as a user has it: the button, the player, and without its server. */
async function useSite(page, server) {
  await page.evaluate(() => document.querySelector('#download').click());
  await page.waitFor('the player to have the episode', 15_000, () => document.querySelector('#player').src.startsWith('blob:'));
  await server.close();
  const offline = await page.evaluate(async () => {
    const answers = await Promise.all(['/', '/background-fetch/page.js'].map((url) => fetch(url)));
    return answers.map(({ ok }) => ok);
  });
  assert.deepEqual(offline, [true, true]);
}

for (const document of runDocuments) {
  scenario(`the code in ${document}`, {}, async (test) => {
    const blocks = codeOf(document);
    const { page, server } = await openSite(test, blocks);
    for (const { code, line } of blocks.filter(({ language, mark }) => language === 'js' && mark === 'page')) {
      const where = `${document}, line ${line}`;
      await page
        .evaluate(`(${runBlock})(${JSON.stringify(comparing(code))}, ${JSON.stringify(`block-${line}`)})`)
        .catch((error) => {
          throw new Error(`${where}: ${error.stack}`);
        });
      await page.waitFor(`${where}: the end of what it began`, 20_000, async () => {
        const { backgroundFetch } = await navigator.serviceWorker.ready;
        return (await backgroundFetch.getIds()).length === 0;
      });
    }
    if (document === 'docs/start.md') await useSite(page, server);
    else if (codeOfKind(blocks, 'js', 'worker').some((code) => code.includes('cache.put'))) {
      await page.waitFor(
        'the worker to store the episode',
        15_000,
        async () => (await caches.match('/media/episode-1.webm'))?.ok,
      );
    }
    const errors = test.reports.all(({ kind }) => kind === 'error');
    assert.deepEqual(errors, []);
  });
}
