// `npx background-fetch-wasm faults`, from the installed package.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once as event } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { installed, once, run, test } from './lib.mjs';

const site = once(async () => {
  const directory = await installed();
  fs.mkdirSync(path.join(directory, 'public'));
  fs.writeFileSync(path.join(directory, 'public/index.html'), '<title>Site</title>');
  return directory;
});
const program = async () => path.join(await site(), 'node_modules/background-fetch-wasm', 'dist/cli.mjs');

/** Runs it until `use` is done with the URL that its first line is. */
async function whileItServes(args, use) {
  const child = spawn(process.execPath, [await program(), 'faults', ...args], {
    cwd: await site(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [said] = await event(child.stdout, 'data');
    await use(String(said).split('\n')[0]);
  } finally {
    child.kill();
  }
}

test('faults serves a folder and the faults, and counts', () =>
  whileItServes(['--port', '0', '--mount', '/clip.bin?size=100000&cut=4000', 'public'], async (url) => {
    assert.match(url, /^http:\/\/localhost:\d+$/);
    assert.equal(await (await fetch(url)).text(), '<title>Site</title>');
    await assert.rejects(async () => (await fetch(`${url}/clip.bin?v=1`)).arrayBuffer());
    assert.equal((await (await fetch(`${url}/clip.bin`)).arrayBuffer()).byteLength, 100_000);
    const log = await (await fetch(`${url}/__log__?name=/clip.bin`)).json();
    assert.deepEqual(
      log.map(({ bytesSent, outcome }) => [bytesSent, outcome]),
      [
        [4000, 'cut'],
        [100_000, 'complete'],
      ],
    );
    assert.equal((await fetch(`${url}/file/a?cutt=1`)).status, 400);
    assert.equal((await fetch(`${url}/package.json`)).status, 404);
  }));

test('faults without a folder has generated content only', () =>
  whileItServes(['--port=0'], async (url) => {
    assert.equal((await fetch(`${url}/file/a?size=5`)).headers.get('content-length'), '5');
    assert.equal((await fetch(url)).status, 404);
  }));

test('faults says in one line what is wrong, and ends with 2', async () => {
  const taken = http.createServer().listen(0, '127.0.0.1');
  await event(taken, 'listening');
  const { port } = taken.address();
  for (const [args, message] of [
    [['none'], /^There is no folder none\.$/],
    [['public', 'other'], /^There is one folder to serve, and not 2\.$/],
    [['--port', 'x'], /^parameter "port": "x" is not a number$/],
    [['--port', '70000'], /^parameter "port": 70000 is no whole number from 0 to 65535$/],
    [['--port', String(port)], /^parameter "port": \d+ is taken on 127\.0\.0\.1; use 0 for any free one$/],
    [['--host', '203.0.113.1'], /^parameter "host": .*203\.0\.113\.1/],
    [['--mount', '/a?cutt=1'], /^unknown parameter "cutt"$/],
    [['--mount', '/a?cut=x'], /^parameter "cut": "x" is not a number$/],
    [['--mount', 'a?cut=1'], /^parameter "path": "a" does not begin with a slash$/],
    [['--rate', '1'], /^Each path has faults of its own: --mount '\/path\?rate=…' instead of --rate$/],
    [['--prot', '1'], /^Unknown option '--prot'/],
  ]) {
    const error = await run(process.execPath, [await program(), 'faults', ...args], { cwd: await site() }).then(
      () => assert.fail(`${args} did not fail`),
      (error) => error,
    );
    assert.equal(error.code, 2, String(args));
    assert.match(error.stderr.trim(), message);
    assert.equal(error.stderr.trim().split('\n').length, 1, error.stderr);
  }
  taken.close();
});
