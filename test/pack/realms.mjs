// The modules where no browser is: servers and unit tests import them, and nothing is thrown.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { codeOf, codeOfKind } from '../browser/lib/documentation.mjs';
import { buildOf, installed, root, run, test } from './lib.mjs';

const { exports } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const modules = Object.entries(exports)
  .filter(([, { default: file }]) => /\.m?js$/.test(file))
  .map(([name]) => name.replace('.', 'background-fetch-wasm'));

/** Realm -> what it has more, and less, than Node. */
const REALMS = {
  Node: '',
  // Vitest's Request is a class of its own over that of Node.
  'a document without a browser': `
    const element = { append() {}, setAttribute() {} };
    Object.assign(globalThis, {
      window: globalThis, self: globalThis, location: new URL('http://localhost:3000'), HTMLElement: class {},
      document: { currentScript: null, createElement: () => element, documentElement: element },
      customElements: { get: () => undefined, define() {} },
      Request: class extends Request {},
    });
    Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'jsdom' } });`,
  // That of Jest has not what Node has.
  'a realm with less than Node': `
    const names = ['Request', 'Response', 'Headers', 'fetch', 'FormData', 'ReadableStream', 'MessageChannel', 'navigator'];
    for (const name of names) delete globalThis[name];`,
};

for (const [realm, prepare] of Object.entries(REALMS)) {
  test(`every module can be imported in ${realm}; install() changes nothing, and says what is missing`, async () => {
    const cwd = await buildOf('frameworks');
    const script = `
      ${prepare}
      const warnings = [];
      console.warn = (text) => warnings.push(text);
      const request = globalThis.Request;
      const installed = [];
      for (const name of ${JSON.stringify(modules)}) {
        const { install } = await import(name);
        if (install) installed.push([name, install()]);
      }
      const own = Object.getOwnPropertyNames(globalThis).filter((name) => /background-?fetch/i.test(name));
      const changed = own.length > 0 || globalThis.Request !== request;
      console.log(JSON.stringify({ installed, warnings, changed }));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd });
    const { installed, warnings, changed } = JSON.parse(stdout);
    // That of a worker returns nothing.
    assert.deepEqual(installed, [
      ['background-fetch-wasm', false],
      ['background-fetch-wasm/worker', null],
    ]);
    const missing = 'Background Fetch is not available: there is no indexedDB here.';
    assert.deepEqual(warnings, [missing, missing, missing, missing], 'the modules and the scripts, of page and worker');
    assert.equal(changed, false);
  });
}

test('docs/faults.md: the unit test without a browser passes, and fails where the code is wrong', async () => {
  const cwd = await installed();
  const [code, check] = codeOfKind(codeOf('docs/faults.md'), 'ts', 'unit');
  fs.writeFileSync(path.join(cwd, 'download.test.js'), check);
  const passes = async (text) => {
    fs.writeFileSync(path.join(cwd, 'download.js'), text);
    const { stdout } = await run(process.execPath, ['--test'], { cwd }).catch((error) => error);
    return [stdout.includes('\n# pass 1\n'), stdout.includes('no indexedDB here')];
  };
  assert.deepEqual(await passes(code), [true, true]);
  assert.deepEqual(await passes(code.replace('(await backgroundFetch.get(id)) ??', '')), [false, true]);
});
