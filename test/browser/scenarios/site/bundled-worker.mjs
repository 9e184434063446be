// A service worker that a bundler has made one classic script of.
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { directories } from '../../lib/server.mjs';
import { assert, scenario } from '../../lib/scenario.mjs';

scenario(
  'a bundled classic worker, which has no address of its own, has the program beside it',
  { drawn: true },
  async (test) => {
    const site = test.temporaryDirectory();
    await build({
      stdin: { contents: `import { install } from './sw.mjs'; install();`, resolveDir: directories['/dist/'] },
      bundle: true,
      format: 'iife',
      outfile: path.join(site, 'sw.js'),
      logLevel: 'error', // that import.meta is empty is the point
    });
    fs.copyFileSync(path.join(directories['/dist/'], 'bgfetch.wasm'), path.join(site, 'bgfetch.wasm'));
    const server = await test.ownServer({ ...directories, '/bundled/': site });
    const browser = await test.sharedBrowser();
    const page = await browser.newPage(test.pageURL('/any.html', { server }));
    const result = await page.evaluateFor(30_000, async () => {
      const registration = await navigator.serviceWorker.register('/bundled/sw.js');
      const worker = registration.installing ?? registration.active;
      while (worker.state !== 'activated')
        await new Promise((resolve) => worker.addEventListener('statechange', resolve, { once: true }));
      const download = await registration.backgroundFetch.fetch('one', '/t.js');
      while (!download.result) await new Promise((resolve) => download.addEventListener('progress', resolve, { once: true }));
      return download.result;
    });
    assert.equal(result, 'success');
  },
);
