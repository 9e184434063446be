// Examples of frameworks that make whole sites: built and in development, at the root of a host and below a
// path. Each takes a minute or two, most of it to install: they run with --long.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { startServer } from '../browser/lib/server.mjs';
import { inEachBrowser } from './browsers.mjs';
import { downloads, precached, writeClip } from './clip.mjs';
import { developmentServer } from './development.mjs';
import { buildOf, folder, installed, once, run, test } from './lib.mjs';

/** What some of them want at least. Who runs an older Node gets this one from the registry. */
const NODE = '24.21.0';

const environment = once(async () => {
  const quiet = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NUXT_TELEMETRY_DISABLED: '1', NG_CLI_ANALYTICS: 'false' };
  if (Number.parseInt(process.versions.node) >= Number.parseInt(NODE)) return quiet;
  const cwd = folder('node');
  fs.writeFileSync(path.join(cwd, 'package.json'), '{ "private": true }');
  await run('npm', ['install', `node@${NODE}`, '--no-audit', '--no-fund', '--prefer-offline', '--loglevel', 'error'], { cwd });
  return { ...quiet, PATH: `${path.join(cwd, 'node_modules/node/bin')}:${process.env.PATH}` };
});

const built = (name) => buildOf(name, environment);

/** The example in each browser, by what its script "build" has made in the folder `served`. */
function site(name, served, { use = downloads, serve } = {}) {
  const inBrowsers = async () => {
    const directory = path.join(await built(name), served);
    writeClip(directory);
    await inEachBrowser(directory, '', use, { serve });
  };
  test(`site ${path.join(name, served)}`, inBrowsers, { long: true });
}

/** By its script "dev", in Chromium. What is in the folder `assets` is served as it is. */
function development(name, assets, ...options) {
  const inChromium = async () => {
    const directory = await built(name);
    writeClip(path.join(directory, assets));
    const serve = developmentServer('npm', ['run', 'dev', '--', '--port', '0', ...options], await environment());
    await inEachBrowser(directory, '', downloads, { serve, only: ['chromium'] });
    fs.rmSync(path.join(directory, assets, 'media'), { recursive: true });
  };
  test(`site ${[name, ...options].join(' ')} in development`, inChromium, { long: true });
}

/** Built anew for /app/, in Chromium. `changes` are those that docs/frameworks.md tells of: file, from, to. */
function below(name, served, ...changes) {
  const inChromium = async () => {
    const cwd = await built(name);
    for (const [file, from, to] of changes) {
      const text = fs.readFileSync(path.join(cwd, file), 'utf8');
      assert.ok(text.includes(from), `${file} has ${from}`);
      fs.writeFileSync(path.join(cwd, file), text.replace(from, to));
    }
    await run('npm', ['run', 'build', '--loglevel', 'error'], { cwd, env: await environment() });
    const directory = path.join(cwd, served);
    writeClip(directory);
    const serve = () => startServer({ '/app/': directory });
    await inEachBrowser(directory, 'app/', downloads, { serve, only: ['chromium'] });
  };
  test(`site ${path.join(name, served)} below a path`, inChromium, { long: true });
}

site('next', 'out', { use: afterNothing });
site('nuxt', '.output/public', { use: afterNothing });
site('sveltekit', 'build', { use: afterNothing });
site('angular', 'dist/browser', { use: besideAngular, serve: withHashes });
site('vite-plugin-pwa', 'generated', { use: precached });
site('vite-plugin-pwa', 'injected', { use: precached });

development('next', 'public');
development('nuxt', 'public');
development('sveltekit', 'static');
development('angular', 'public');
development('vite-typescript', 'public');
development('vite-plugin-pwa', 'public');
development('vite-plugin-pwa', 'public', '--config', 'inject.config.js');

below(
  'next',
  'out',
  ['next.config.js', "'export'", "'export', basePath: '/app'"],
  ['instrumentation-client.js', '/sw.js', '/app/sw.js'],
  ['app/Clip.jsx', '/media', '/app/media'],
);
below('nuxt', '.output/public', ['nuxt.config.js', 'app: {', "app: { baseURL: '/app/',"]);
below('sveltekit', 'build', ['vite.config.js', 'adapter()', "adapter(), paths: { base: '/app' }"]);
below('angular', 'dist/browser', ['angular.json', '"outputPath"', '"baseHref": "/app/", "outputPath"']);
below('vite-plugin-pwa', 'generated', ['vite.config.js', 'build:', "base: '/app/', build:"]);

/** The Vite plugin with what came before the version that the example has: built and in development. */
for (const version of ['5.4.21', '6.4.6', '7.3.8']) {
  const inChromium = async () => {
    const directory = await installed('examples/vite');
    await run('npm', ['install', `vite@${version}`, '--no-audit', '--no-fund', '--loglevel', 'error'], { cwd: directory });
    await run('npm', ['run', 'build', '--loglevel', 'error'], { cwd: directory });
    const served = path.join(directory, 'dist');
    assert.ok(fs.existsSync(path.join(served, 'background-fetch/bgfetch.wasm')));
    writeClip(served);
    await inEachBrowser(served, '', downloads, { only: ['chromium'] });
    writeClip(directory);
    const serve = developmentServer(process.execPath, ['node_modules/vite/bin/vite.js', '--port', '0']);
    await inEachBrowser(directory, '', downloads, { serve, only: ['chromium'] });
  };
  test(`site vite ${version}`, inChromium, { long: true });
}

/** What the server sends says that there is nothing, and the button waits for the worker. */
async function afterNothing(page, { url }) {
  const html = await (await fetch(url)).text();
  assert.match(html, /<button disabled(="")?>/);
  assert.match(html, /<output>nothing<\/output>/);
  await downloads(page);
}

/** Angular's worker serves the site, and ours what is below __bgfetch__. */
async function besideAngular(page) {
  await downloads(page);
  const state = await page.evaluate(() => fetch('ngsw/state').then((response) => response.text()));
  assert.match(state, /Driver state: NORMAL/);
  await page.waitFor('the history', 20_000, () =>
    fetch('__bgfetch__/history')
      .then((response) => response.json())
      .then(({ fetches }) => fetches.length === 1),
  );
}

/** Angular's worker takes no file whose hash is another, as that of a page with the agent is. */
async function withHashes(directory) {
  const file = path.join(directory, 'ngsw.json');
  const manifest = JSON.parse(fs.readFileSync(file, 'utf8'));
  const hash = createHash('sha1')
    .update(fs.readFileSync(path.join(directory, 'index.html')))
    .digest('hex');
  manifest.hashTable['/index.html'] = hash;
  fs.writeFileSync(file, JSON.stringify(manifest));
  return startServer({ '/': directory });
}
