// examples/frameworks, which docs/frameworks.md shows: each framework in real browsers and on a server, and
// the Vite plugin in development.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { codeOf, codeOfKind } from '../browser/lib/documentation.mjs';
import { inEachBrowser } from './browsers.mjs';
import { downloads, isDownloaded, writeClip } from './clip.mjs';
import { developmentServer } from './development.mjs';
import { buildOf, folder, root, test } from './lib.mjs';

/** Headings of docs/frameworks.md, and the example that has the code below them. */
const SITES = {
  'Next.js': 'next',
  Nuxt: 'nuxt',
  SvelteKit: 'sveltekit',
  Angular: 'angular',
  'vite-plugin-pwa': 'vite-plugin-pwa',
};

test('docs/frameworks.md shows what the examples of whole sites have', async () => {
  const lines = fs.readFileSync(path.join(root, 'docs/frameworks.md'), 'utf8').split('\n');
  const headingOf = ({ line }) =>
    lines
      .slice(0, line)
      .findLast((text) => text.startsWith('## '))
      .slice(3);
  const filesOf = (example) => {
    const directory = path.join(root, 'examples', example);
    const names = fs.readdirSync(directory, { recursive: true }).filter((name) => !/node_modules|lock/.test(name));
    return names.map((name) => path.join(directory, name)).filter((file) => fs.statSync(file).isFile());
  };
  const shown = codeOf('docs/frameworks.md').filter((block) => SITES[headingOf(block)]);
  assert.ok(shown.length > 10);
  for (const block of shown) {
    const own = filesOf(SITES[headingOf(block)]);
    const words = (text) => text.replaceAll(/\s+/g, ' ');
    const has = (name) => words(fs.readFileSync(name, 'utf8')).includes(words(block.code));
    assert.ok(own.some(has), `docs/frameworks.md(${block.line}) is in no file of the example`);
  }
});

const FRAMEWORKS = { react: 'jsx', vue: 'vue', svelte: 'svelte' };

for (const [framework, language] of Object.entries(FRAMEWORKS)) {
  test(`framework ${framework}`, async () => {
    const shown = codeOfKind(codeOf('docs/frameworks.md'), language, '');
    const component = fs.readFileSync(path.join(root, `examples/frameworks/src/Clip.${language}`), 'utf8');
    assert.deepEqual(shown, [component], 'what docs/frameworks.md shows is what is run');

    const directory = path.join(await buildOf('frameworks'), 'dist');
    writeClip(directory);
    await inEachBrowser(directory, `${framework}.html`, followsAnotherPage);
  });
}

/** The download is begun in a frame, which is a page of its own. */
async function followsAnotherPage(page) {
  const shows = (text) => document.querySelector('output')?.textContent === text;
  await page.waitFor('the component', 20_000, shows, 'nothing');
  // Where two documents register at once, Firefox may leave one of them without a worker until it is reloaded.
  const isActivated = () => navigator.serviceWorker.getRegistration().then((one) => one?.active?.state === 'activated');
  await page.waitFor('the worker', 20_000, isActivated);
  await page.evaluate(async () => {
    const frame = document.createElement('iframe');
    frame.src = location.href;
    document.body.append(frame);
    await new Promise((resolve) => (frame.onload = resolve));
    const button = () => frame.contentDocument.querySelector('button');
    while (!button()) await new Promise((resolve) => setTimeout(resolve, 50));
    button().click();
  });
  await isDownloaded(page);
  const listed = () => document.querySelector('li')?.textContent === 'Clip: success';
  await page.waitFor('what has ended', 20_000, listed);
  await page.reload();
  await page.waitFor('what has ended, after a reload', 20_000, listed);
  assert.ok(await page.evaluate(shows, 'nothing'), 'what had ended before is not followed');
}

test('frameworks on a server: nothing is there, and nothing is thrown', async () => {
  const rendered = await import(pathToFileURL(path.join(await buildOf('frameworks'), 'server/server.js')));
  for (const framework of Object.keys(FRAMEWORKS)) {
    const html = await rendered[framework]();
    assert.match(html, /<output>nothing<\/output>/, framework);
    assert.doesNotMatch(html, /<li/, framework);
  }
});

test('the Vite plugin tells of what init has left, and adds nothing to what runs on a server', async () => {
  const site = await buildOf('vite');
  const plugin = path.join(site, 'node_modules/background-fetch-wasm', 'dist/vite.mjs');
  const { backgroundFetch } = await import(pathToFileURL(plugin));
  const publicDir = folder('public');
  const build = (ssr, environment) => {
    const plugin = backgroundFetch();
    const warnings = [];
    const files = [];
    plugin.configResolved({ base: '/', publicDir, build: { ssr }, logger: { warn: (text) => warnings.push(text) } });
    plugin.generateBundle.call({ emitFile: ({ fileName }) => files.push(fileName), environment });
    return { warnings, files };
  };
  const client = build(false, { config: { consumer: 'client' } });
  assert.deepEqual(client.warnings, []);
  assert.ok(client.files.includes('background-fetch/bgfetch.wasm') && client.files.includes('background-fetch/manifest.json'));
  assert.equal(
    client.files.some((name) => /react|vite|cli/.test(name)),
    false,
    String(client.files),
  );
  assert.deepEqual(build(false).files, client.files, 'Vite 5 has no environments');
  assert.deepEqual([build(true).files, build(false, { config: { consumer: 'server' } }).files], [[], []]);

  fs.mkdirSync(path.join(publicDir, 'background-fetch'));
  fs.writeFileSync(path.join(publicDir, 'background-fetch/sw.js'), '');
  assert.match(build(false).warnings.join(), /public\S*background-fetch is not used any more, .* Remove it\.$/);
});

test('vite in development serves the files, and nothing is copied', async () => {
  const directory = await buildOf('vite');
  fs.rmSync(path.join(directory, 'dist'), { recursive: true });
  writeClip(directory);
  // Below a path, as of a site that has `base`.
  const serve = developmentServer(process.execPath, ['node_modules/vite/bin/vite.js', '--port', '0', '--base', '/app/']);
  await inEachBrowser(directory, 'app/', inDevelopment, { serve, only: ['chromium'] });
  assert.deepEqual(fs.readdirSync(path.join(directory, 'public')), ['sw.js']);
});

async function inDevelopment(page, { url }) {
  await downloads(page);
  const program = `${url}/app/background-fetch/bgfetch.wasm`;
  const { status, headers } = await fetch(`${program}?v=1`, { method: 'HEAD' });
  assert.deepEqual([status, headers.get('content-type')], [200, 'application/wasm']);
  const files = await (await fetch(`${url}/app/background-fetch/manifest.json`)).json();
  assert.equal((await (await fetch(program)).arrayBuffer()).byteLength, files.files['bgfetch.wasm'].size);
}
