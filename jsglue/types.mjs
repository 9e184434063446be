/**
 * Writes dist/types/: what tsc makes of the entries of the package, the declarations
 * that these need, and the global ones of jsglue/types. Run by `./build.sh pack`.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

const glue = import.meta.dirname;
const root = join(glue, '..');
const types = join(root, 'dist/types');
const emitted = mkdtempSync(join(tmpdir(), 'bgfetch-types-'));

/** Entry -> the global declarations that come with it. */
const entries = {
  'page/index': ['types/page-globals'],
  'sw/module': ['types/worker-globals'],
  'models/index': [],
  'component/index': [],
  'frameworks/react': ['types/globals'],
  'frameworks/vue': ['types/globals'],
  'frameworks/svelte': ['types/globals'],
  'vite/index': [],
  'faults/index': [],
};

function emit(project) {
  const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rootDir', glue, '--outDir', emitted];
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(glue, project), ...flags], {
    stdio: 'inherit',
  });
}

/** The declarations of a module: emitted, or written by hand. */
function declarationsOf(module) {
  const made = join(emitted, `${module}.d.ts`);
  return readFileSync(existsSync(made) ? made : join(glue, `${module}.d.ts`), 'utf8');
}

const written = new Set();

/** Writes a module and all that it refers to. In a package, relative names need their extension. */
function write(module, first = '') {
  if (written.has(module)) return;
  written.add(module);
  const text = declarationsOf(module).replaceAll(/((?:from|import) ')(\.{1,2}\/[^']+)(')/g, (_, before, name, after) => {
    write(relative(glue, resolve(glue, dirname(module), name)));
    return `${before}${name}.js${after}`;
  });
  const file = join(types, `${module}.d.ts`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, first + text);
}

rmSync(types, { recursive: true, force: true });
try {
  for (const project of ['page', 'sw', 'component', 'frameworks', 'vite', 'faults']) emit(project);
  for (const [entry, globals] of Object.entries(entries)) {
    globals.forEach((module) => write(module));
    const imports = globals.map((module) => `import '${relative(dirname(entry), module)}.js';\n`);
    write(entry, imports.join(''));
  }
} finally {
  rmSync(emitted, { recursive: true });
}
