// `npx background-fetch-wasm init`, from the installed package.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { installed, once, run, test, texts } from './lib.mjs';

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
  const scripts = ['index.mjs', 'list.js', 'models.mjs', 'page.js', 'sw.js', 'sw.mjs'];
  assert.deepEqual(names, ['bgfetch.wasm', 'manifest.json', ...scripts, ...texts].sort());
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
  const target = path.join(await site(), 'public/background-fetch');
  const manifest = path.join(target, 'manifest.json');
  const { files } = JSON.parse(fs.readFileSync(manifest, 'utf8'));
  // As that version left it: its sw.js is another one, and it had no models.mjs.
  const old = '// of version 0.0.1';
  files['sw.js'].integrity = `sha384-${crypto.createHash('sha384').update(old).digest('base64')}`;
  delete files['models.mjs'];
  fs.writeFileSync(path.join(target, 'sw.js'), old);
  fs.rmSync(path.join(target, 'models.mjs'));
  fs.writeFileSync(manifest, JSON.stringify({ version: '0.0.1', files }));
  const { stderr } = await init('public');
  assert.match(stderr, /Warning: .*had version 0\.0\.1; now it has \d/);
  assert.notEqual(JSON.parse(fs.readFileSync(manifest, 'utf8')).version, '0.0.1');
  assert.notEqual(fs.readFileSync(path.join(target, 'sw.js'), 'utf8'), old);
  assert.equal(fs.existsSync(path.join(target, 'models.mjs')), true);
  // It was broken off before the manifest, which comes last.
  fs.rmSync(manifest);
  assert.match((await init('public')).stderr, /had version unknown/);
});

/** What is in a folder: name -> content, or where a link leads. */
const contentOf = (directory) =>
  Object.fromEntries(
    fs
      .readdirSync(directory, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => path.join(directory, name))
      .map((file) => [file, fs.lstatSync(file).isSymbolicLink() ? fs.readlinkSync(file) : fs.readFileSync(file, 'utf8')]),
  );

test('init overwrites nothing that is not its own, unless forced, and says what', async () => {
  const folder = path.join(await site(), 'guarded');
  const target = path.join(folder, 'background-fetch');
  const elsewhere = path.join(await site(), 'elsewhere.js');
  const at = (name) => path.join(target, name);
  const own = async () => {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder);
    await init('guarded');
    fs.writeFileSync(elsewhere, '// elsewhere');
  };
  const cases = [
    ['sw.js', 'changed', () => fs.appendFileSync(at('sw.js'), '// mine')],
    [
      'manifest.json',
      'of a web application',
      () => fs.writeFileSync(at('manifest.json'), '{"name":"App","version":"1","files":{}}'),
    ],
    ['manifest.json', 'no JSON', () => fs.writeFileSync(at('manifest.json'), 'mine')],
    ['list.js', 'a link', () => (fs.rmSync(at('list.js')), fs.symlinkSync(elsewhere, at('list.js')))],
    ['list.js', 'a link to nothing', () => (fs.rmSync(at('list.js')), fs.symlinkSync(`${elsewhere}.none`, at('list.js')))],
    ['manifest.json', 'a link', () => (fs.rmSync(at('manifest.json')), fs.symlinkSync(elsewhere, at('manifest.json')))],
    [
      'page.js',
      'in a folder without a manifest',
      () => (fs.rmSync(at('manifest.json')), fs.writeFileSync(at('page.js'), '// mine')),
    ],
  ];
  for (const [name, what, change] of cases) {
    await own();
    fs.writeFileSync(at('mine.txt'), 'mine');
    change();
    const before = contentOf(target);
    const { code, stderr } = await failure(init('guarded'));
    assert.equal(code, 1, what);
    assert.ok(
      stderr.includes(`: ${name}. Nothing was written.`) && stderr.includes('init --force guarded'),
      `${what}: ${stderr}`,
    );
    assert.deepEqual(contentOf(target), before, what);

    await init('--force', 'guarded');
    const after = contentOf(target);
    assert.notEqual(after[at(name)], before[at(name)], what);
    assert.ok(fs.lstatSync(at(name)).isFile(), `${what}: it replaces links`);
    assert.equal(after[at('mine.txt')], 'mine');
    assert.equal(Object.keys(after).length, 9 + texts.length, 'nothing else is left behind');
    assert.deepEqual([fs.readFileSync(elsewhere, 'utf8'), fs.existsSync(`${elsewhere}.none`)], ['// elsewhere', false], what);
    await init('guarded');
  }
});

test('init writes through no link, and over no folder, forced or not', async () => {
  const folder = path.join(await site(), 'linked');
  const target = path.join(folder, 'background-fetch');
  const other = path.join(await site(), 'other');
  for (const [message, make] of [
    [/background-fetch is a link/, () => fs.symlinkSync(other, target)],
    [/background-fetch is a link/, () => fs.symlinkSync(`${other}-none`, target)],
    [/background-fetch is not a folder/, () => fs.writeFileSync(target, 'mine')],
    [/these are no files: sw\.js\. Nothing was written/, () => fs.mkdirSync(path.join(target, 'sw.js'), { recursive: true })],
  ]) {
    for (const directory of [folder, other]) {
      fs.rmSync(directory, { recursive: true, force: true });
      fs.mkdirSync(directory);
    }
    make();
    for (const args of [['linked'], ['--force', 'linked']]) {
      const { code, stderr } = await failure(init(...args));
      assert.equal(code, 1);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^\s+at /m);
    }
    assert.deepEqual([fs.readdirSync(other), fs.existsSync(`${other}-none`)], [[], false]);
    if (fs.lstatSync(target).isFile()) assert.equal(fs.readFileSync(target, 'utf8'), 'mine');
  }
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
