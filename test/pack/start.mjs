// docs/start.md, line by line: from an empty folder to a page that plays
// its episode without a server, without tools and with Vite.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { codeOf, codeOfKind } from '../browser/lib/documentation.mjs';
import { inEachBrowser } from './browsers.mjs';
import { folder, root, run, tarball, test } from './lib.mjs';

const blocks = codeOf('docs/start.md');
const one = (language, mark) => {
  const found = codeOfKind(blocks, language, mark);
  assert.equal(found.length, 1, `docs/start.md has one block of ${language} ${mark}`);
  return found[0];
};

/** Replaces text that is certain to be there. */
function replace(text, from, to) {
  assert.match(text, from);
  return text.replace(from, to);
}

/** Runs what the reader is to type, with the package that was just made, and the Vite of the example. */
async function type(lines, cwd) {
  const { devDependencies } = JSON.parse(fs.readFileSync(path.join(root, 'examples/vite/package.json'), 'utf8'));
  const commands = replace(lines, /\S+\.tgz/, await tarball()).replace(/ vite /, ` vite@${devDependencies.vite} `);
  const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' };
  await run('sh', ['-e', '-c', commands], { cwd, env });
}

const write = (site, files) =>
  Object.entries(files).forEach(([name, content]) => fs.writeFileSync(path.join(site, name), content));

async function downloadsAndPlaysOffline(page, server) {
  const player = () => document.querySelector('#player').src.startsWith('blob:');
  await page.waitFor('the worker', 15_000, () => navigator.serviceWorker.getRegistration().then((one) => one?.active));
  await page.evaluate(() => document.querySelector('#download').click());
  await page.waitFor('the player to have the episode', 20_000, player);
  await server.close();
  await page.reload();
  await page.waitFor('the player to have the episode, without a server', 20_000, player);
}

test('docs/start.md, without build tools', async () => {
  const site = folder('plain');
  await type(one('sh', 'plain'), site);
  write(site, {
    'index.html': one('html', 'page'),
    'sw.js': one('js', 'worker'),
    'media/episode-1.webm': Buffer.alloc(2_000_000),
  });
  await inEachBrowser(site, '', downloadsAndPlaysOffline);
});

test('docs/start.md, with Vite', async () => {
  const site = folder('vite');
  await type(one('sh', 'vite'), site);
  const withoutTag = replace(one('html', 'page'), /<script src=.*page\.js"><\/script>\n/, '');
  write(site, {
    'vite.config.mjs': one('js', 'config'),
    'index.html': replace(withoutTag, /<script type="module">\n/, `$&${one('js', 'vite')}`),
    'public/sw.js': one('js', 'worker'),
    'public/media/episode-1.webm': Buffer.alloc(2_000_000),
  });
  await run('npx', ['vite', 'build'], { cwd: site });
  await inEachBrowser(path.join(site, 'dist'), '', downloadsAndPlaysOffline);
});
