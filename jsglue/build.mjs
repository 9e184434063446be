/**
 * Bundles the glue into dist/, and lists what is there in dist/manifest.json. Run by
 * build.sh in two steps:
 *
 *   node jsglue/build.mjs list        before the Go program, which has dist/list.js in it
 *   node jsglue/build.mjs glue <path of Go's wasm_exec.js>
 *                                     after it, because its hash goes into the bundles
 */

import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { minify } from 'terser';

const [what, wasmExec] = process.argv.slice(2);
const glue = dirname(fileURLToPath(import.meta.url));
const dist = join(glue, '..', 'dist');
const { version } = JSON.parse(readFileSync(join(glue, '..', 'package.json'), 'utf8'));
const hash = () =>
  createHash('sha256')
    .update(readFileSync(join(dist, 'bgfetch.wasm')))
    .digest('hex')
    .slice(0, 16);

/**
 * What is left out of Go's glue: the calls for files and directories that nothing in the program makes,
 * for it can open none, and the questions for what every browser has. With how often it is there; another
 * Go may differ.
 */
const LEFT_OUT = [
  [
    /^\t\t\t(f?chmod|[fl]?chown|fsync|f?truncate|l?stat|link|mkdir|open|readdir|readlink|rename|rmdir|symlink|unlink|utimes)\(.*\n/gm,
    20,
  ],
  [/^\t\t\t(getgroups|umask|cwd|chdir)\(\) \{ throw enosys\(\); \},\n/gm, 4],
  [/^\tif \(!globalThis\.path\) \{\n(\t\t.*\n)+\t\}\n/gm, 1],
  [/^\tif \(!globalThis\.\w+\) \{\n\t\tthrow .*\n\t\}\n/gm, 4],
];

function leaveOut(source) {
  for (const [pattern, count] of LEFT_OUT) {
    const found = source.match(pattern)?.length ?? 0;
    if (found !== count) throw new Error(`Go's wasm_exec.js has ${found} of ${pattern}, not ${count}.`);
    source = source.replaceAll(pattern, '');
  }
  return source;
}

/**
 * Go's glue is a script that defines properties of globalThis. As a module it is a
 * function of the global object, and of `fs`, which it also looks up by that name.
 * See sw/wasm_exec.d.ts.
 */
const goPlugin = {
  name: 'go',
  setup(build) {
    build.onResolve({ filter: /^go:wasm_exec$/ }, ({ path }) => ({ path, namespace: 'go' }));
    build.onLoad({ filter: /.*/, namespace: 'go' }, () => {
      const whole = readFileSync(wasmExec, 'utf8');
      const license = whole.match(/^(\/\/.*\n)+/)[0].replaceAll(/^\/\/ ?/gm, ' * ');
      const contents =
        `/*! Go's lib/wasm/wasm_exec.js:\n${license} */\n` +
        `export default function evaluate(globalThis, fs) {\n${leaveOut(whole)}\nreturn globalThis.Go;\n}\n`;
      return { contents, loader: 'js' };
    });
  },
};

/**
 * [entry, output, format, where it goes]: a browser loads it as it is, by default; a bundler makes it
 * part of a site, which has what it imports; or Node runs it.
 */
const steps = {
  list: [['component/index.ts', 'list.js', 'iife']],
  glue: [
    ['sw/sw.ts', 'sw.js', 'iife'],
    ['sw/module.ts', 'sw.mjs', 'esm'],
    ['page/page.ts', 'page.js', 'iife'],
    ['page/index.ts', 'index.mjs', 'esm'],
    ['models/index.ts', 'models.mjs', 'esm'],
    ['frameworks/react.ts', 'react.mjs', 'esm', 'bundler'],
    ['frameworks/vue.ts', 'vue.mjs', 'esm', 'bundler'],
    ['frameworks/svelte.ts', 'svelte.mjs', 'esm', 'bundler'],
    ['vite/index.ts', 'vite.mjs', 'esm', 'node'],
    ['faults/index.ts', 'faults.mjs', 'esm', 'node'],
    ['cli/cli.ts', 'cli.mjs', 'esm', 'node'],
  ],
};

async function bundle([entry, output, format, place = 'browser']) {
  const outfile = join(dist, output);
  await esbuild.build({
    entryPoints: [join(glue, entry)],
    outfile,
    format,
    platform: place === 'node' ? 'node' : 'browser',
    banner: output === 'cli.mjs' ? { js: '#!/usr/bin/env node' } : {},
    bundle: true,
    external: ['react', 'vue'],
    minify: true,
    // docs/decisions/size.md tells why the classic scripts have none, and why the sources are not in them.
    sourcemap: place !== 'node' && format === 'esm',
    sourcesContent: false,
    target: 'es2022',
    legalComments: 'inline',
    define: {
      BGFETCH_VERSION: JSON.stringify(version),
      ...(what === 'glue' && { BGFETCH_WASM_HASH: JSON.stringify(hash()) }),
    },
    plugins: [goPlugin],
    absWorkingDir: join(glue, '..'),
    logLevel: 'warning',
  });
  if (format !== 'iife') return;
  // Of a script that a site serves as it is, another 4 % (docs/decisions/size.md).
  const options = { ecma: 2022, compress: { passes: 2 }, format: { comments: /^!/ } };
  writeFileSync(outfile, (await minify(readFileSync(outfile, 'utf8'), options)).code);
}

await Promise.all(steps[what].map(bundle));

if (what === 'glue') {
  for (const name of texts())
    writeFileSync(join(dist, name), JSON.stringify(JSON.parse(readFileSync(join(glue, 'texts', name.slice(6)), 'utf8'))));
  chmodSync(join(dist, 'cli.mjs'), 0o755);
  writeFileSync(join(dist, 'manifest.json'), manifest());
}

/** The files with texts of other languages than English, texts/de.json -> texts.de.json. */
function texts() {
  return readdirSync(join(glue, 'texts')).map((name) => `texts.${name}`);
}

/** What is served: name -> size in bytes and Subresource Integrity. */
function manifest() {
  const scripts = Object.values(steps)
    .flat()
    .filter(([, , , place]) => place === undefined);
  const names = ['bgfetch.wasm', ...scripts.map(([, output]) => output), ...texts()].sort();
  const files = names.map((name) => {
    const content = readFileSync(join(dist, name));
    const integrity = `sha384-${createHash('sha384').update(content).digest('base64')}`;
    return [name, { size: content.length, integrity }];
  });
  return `${JSON.stringify({ version, files: Object.fromEntries(files) }, null, 2)}\n`;
}
