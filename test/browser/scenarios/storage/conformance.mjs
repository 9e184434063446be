// The conformance suites of the store and the network (test/bgfetchtest) against the real ones.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import * as esbuild from 'esbuild';
import { assert, scenario } from '../../lib/scenario.mjs';
import { directories, root } from '../../lib/server.mjs';

const run = promisify(execFile);
let built;

/** Compiles the suites and their host, once for all browsers. */
function build() {
  built ??= (async () => {
    const out = directories['/suite/'];
    fs.mkdirSync(out, { recursive: true });
    const env = { ...process.env, GOOS: 'js', GOARCH: 'wasm' };
    await run('go', ['build', '-o', path.join(out, 'suite.wasm'), './test/bgfetchtest/browsersuite'], { cwd: root, env });
    await esbuild.build({
      entryPoints: [path.join(root, 'test/bgfetchtest/browsersuite/host.ts')],
      outfile: path.join(out, 'host.js'),
      bundle: true,
      target: 'es2022',
      define: { BGFETCH_WASM_HASH: '""' }, // of the program, which is another one
      logLevel: 'warning',
    });
    const { stdout } = await run('go', ['env', 'GOROOT'], { cwd: root });
    fs.copyFileSync(path.join(stdout.trim(), 'lib/wasm/wasm_exec.js'), path.join(out, 'wasm_exec.js'));
  })();
  return built;
}

scenario('conformance suites of the store and the network', { plain: true, timeout: 300_000 }, async (test) => {
  await build();
  const browser = await test.sharedBrowser();
  const page = await browser.newPage(test.pageURL('/native.html', { worker: '/sw-suite.js' }));
  await page.evaluate(() => t.register());
  const { json, error } = await page.evaluateFor(240_000, async () => {
    const { active } = await t.site();
    const { port1, port2 } = new MessageChannel();
    active.postMessage('run', [port2]);
    // Firefox lets a worker live for as long as windows send it messages.
    const alive = setInterval(() => active.postMessage('alive'), 10_000);
    const answer = await new Promise((resolve) => (port1.onmessage = (event) => resolve(event.data)));
    clearInterval(alive);
    return answer;
  });
  if (error) throw new Error(`the suite did not finish: ${error}`);
  const cases = JSON.parse(json);
  assert.ok(cases.length > 0, 'the suite has cases');
  return cases.map(({ name, passed, output }) => ({ name, error: passed ? undefined : new Error(output) }));
});
