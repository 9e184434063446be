// `npx background-fetch-wasm init`, from the installed package.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { installed, once, run, test } from './lib.mjs';

const site = once(() => installed());
const init = async (...args) => run('npx', ['--no-install', 'background-fetch-wasm', 'init', ...args], { cwd: await site() });
const failure = (promise) =>
  promise.then(
    () => assert.fail('it did not fail'),
    (error) => error,
  );

test('init copies the files and tells what to add where there is no worker', async () => {
  const publicFolder = path.join(await site(), 'public');
  fs.mkdirSync(publicFolder);
  const { stdout, stderr } = await init('public/');
  const names = fs.readdirSync(path.join(publicFolder, 'background-fetch')).sort();
  assert.deepEqual(names, ['bgfetch.wasm', 'index.mjs', 'list.js', 'manifest.json', 'models.mjs', 'page.js', 'sw.js', 'sw.mjs']);
  assert.match(stdout, /Make public\/sw\.js/);
  assert.match(stdout, /importScripts\('\/background-fetch\/sw\.js'\)/);
  assert.equal(stderr.includes('Warning'), false);
});

test('init tells what to add to a worker, and when nothing is', async () => {
  const worker = path.join(await site(), 'public/sw.js');
  fs.writeFileSync(worker, '// mine\n');
  assert.match((await init('public')).stdout, /first line of public\/sw\.js/);
  assert.equal(fs.readFileSync(worker, 'utf8'), '// mine\n');
  fs.writeFileSync(worker, "importScripts('/background-fetch/sw.js');\n");
  assert.match((await init('public')).stdout, /has the line that it needs/);
});

test('init warns of another version, and replaces it', async () => {
  const manifest = path.join(await site(), 'public/background-fetch/manifest.json');
  fs.writeFileSync(manifest, JSON.stringify({ version: '0.0.1' }));
  const { stderr } = await init('public');
  assert.match(stderr, /Warning: .*had version 0\.0\.1; now it has \d/);
  assert.notEqual(JSON.parse(fs.readFileSync(manifest, 'utf8')).version, '0.0.1');
  fs.writeFileSync(manifest, 'not JSON');
  assert.match((await init('public')).stderr, /had version unknown/);
});

test('init into a folder that is not there, a file, or none: one clear message', async () => {
  fs.writeFileSync(path.join(await site(), 'a-file'), '');
  for (const [args, message] of [
    [['missing/'], /^There is no folder missing\//m],
    [['a-file'], /^a-file is not a folder/m],
    [[], /^init needs one folder/m],
  ]) {
    const { code, stderr } = await failure(init(...args));
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /^\s+at /m);
  }
  assert.equal(fs.existsSync(path.join(await site(), 'missing')), false);
});
