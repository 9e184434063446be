// The tarball: its content, its size, its types' and exports' form, and that it is reproducible.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { folder, installed, pack, root, run, tarball, test, texts } from './lib.mjs';

/** What a browser loads as it is, and what is for bundlers. */
const BROWSER = ['index.mjs', 'list.js', 'models.mjs', 'page.js', 'sw.js', 'sw.mjs'];
const FRAMEWORKS = ['react.mjs', 'vue.mjs', 'svelte.mjs'];

const sha256 = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');

test('the tarball holds what is used and nothing else, in less than 2 MB', async () => {
  const file = await tarball();
  const { size } = fs.statSync(file);
  assert.ok(size < 2_000_000, `${size} bytes`);
  const { stdout } = await run('tar', ['tzf', file]);
  const names = stdout
    .trim()
    .split('\n')
    .map((name) => name.replace('package/', ''));
  const scripts = [...BROWSER, ...FRAMEWORKS];
  const expected = [
    ...['LICENSE', 'README.md', 'THIRD_PARTY_NOTICES', 'package.json'],
    ...['bgfetch.wasm', 'cli.mjs', 'faults.mjs', 'manifest.json', 'vite.mjs'].map((name) => `dist/${name}`),
    ...[...scripts, ...texts].map((name) => `dist/${name}`),
    ...scripts.filter((name) => name.endsWith('.mjs')).map((name) => `dist/${name}.map`),
  ];
  assert.deepEqual(names.filter((name) => !name.startsWith('dist/types/')).sort(), expected.sort());
  const types = names.filter((name) => name.startsWith('dist/types/'));
  assert.ok(types.length > 0 && types.length < 35 && types.every((name) => name.endsWith('.d.ts')), String(types));
});

test('the manifest has version, size and integrity of what is served', async () => {
  const to = folder();
  await run('tar', ['xzf', await tarball(), '-C', to]);
  const read = (name) => fs.readFileSync(path.join(to, 'package', name));
  const { version, files } = JSON.parse(read('dist/manifest.json'));
  assert.equal(version, JSON.parse(read('package.json')).version);
  assert.ok(Object.keys(files).includes('bgfetch.wasm'));
  for (const [name, { size, integrity }] of Object.entries(files)) {
    const content = read(`dist/${name}`);
    assert.equal(content.length, size, name);
    assert.equal(`sha384-${createHash('sha384').update(content).digest('base64')}`, integrity, name);
  }
});

test('publint and attw find nothing', async () => {
  const file = await tarball();
  const tool = (name) => path.join(root, 'node_modules/.bin', name);
  await run(tool('publint'), [file, '--strict']);
  // bgfetch.wasm is no module: it has no types.
  await run(tool('attw'), [file, '--profile', 'esm-only', '--exclude-entrypoints', 'bgfetch.wasm']);
});

test('bundlers keep the scripts that have effects, and leave out modules of which nothing is used', async () => {
  const absWorkingDir = await installed();
  const bundle = async (contents) => {
    const stdin = { contents, resolveDir: absWorkingDir };
    const external = ['react', 'vue'];
    const options = { bundle: true, write: false, format: 'esm', logLevel: 'silent' };
    const { outputFiles } = await build({ stdin, absWorkingDir, external, ...options });
    return outputFiles[0].text;
  };
  for (const [script, effect] of [
    ['list.js', 'background-fetch-list'],
    ['page.js', 'BackgroundFetchManager'],
    ['sw.js', 'bgfetch.wasm'],
  ]) {
    assert.ok((await bundle(`import 'background-fetch-wasm/${script}';`)).includes(effect), script);
  }
  for (const [module, name] of [
    ['', 'install'],
    ['/worker', 'install'],
    ['/models', 'modelStore'],
    ['/react', 'useBackgroundFetch'],
    ['/vue', 'useBackgroundFetch'],
    ['/svelte', 'useBackgroundFetch'],
  ]) {
    const unused = await bundle(`import { ${name} } from 'background-fetch-wasm${module}';`);
    assert.ok(unused.length < 200, `${module}: ${unused.length} characters`);
  }
});

test('no entry pulls in another, nor a framework, and what is for Node is for it alone', async () => {
  const to = folder();
  await run('tar', ['xzf', await tarball(), '-C', to]);
  const read = (name) => fs.readFileSync(path.join(to, 'package/dist', name), 'utf8');
  const importsOf = (name) => [...read(name).matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, from]) => from);
  for (const name of BROWSER) assert.deepEqual(importsOf(name), [], name);
  assert.deepEqual(FRAMEWORKS.map(importsOf), [['react'], ['vue'], []]);
  for (const name of FRAMEWORKS) assert.doesNotMatch(read(name), /bgfetch\.wasm|customElements/, name);
  for (const name of ['faults.mjs', 'vite.mjs']) {
    assert.ok(importsOf(name).length > 0 && importsOf(name).every((from) => from.startsWith('node:')), name);
  }
});

test('packed again, in another folder, it has the same bytes', async () => {
  const elsewhere = folder('elsewhere');
  const { stdout } = await run('git', ['ls-files', '-z']);
  for (const name of stdout.split('\0').filter((name) => name && fs.existsSync(path.join(root, name)))) {
    fs.cpSync(path.join(root, name), path.join(elsewhere, name), { preserveTimestamps: true });
  }
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(elsewhere, 'node_modules'));
  assert.equal(sha256(await pack(elsewhere)), sha256(await tarball()));
});
