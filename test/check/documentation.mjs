// The code in the documentation: it parses, and what it uses has these names and types.
// Lines for a shell: the verbs and files that they name are there.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { codeOf } from '../browser/lib/documentation.mjs';

const root = path.join(import.meta.dirname, '../..');
const cache = path.join(root, 'test/.cache/documentation');
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'RELEASING.md',
  ...fs.readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`),
];
const all = documents.filter((name) => name.endsWith('.md')).flatMap(codeOf);
const blocks = all.filter(({ language }) => language === 'js');

fs.rmSync(cache, { recursive: true, force: true });
for (const [realm, lib] of [
  ['page', 'DOM'],
  ['worker', 'WebWorker'],
]) {
  const directory = path.join(cache, realm);
  fs.mkdirSync(directory, { recursive: true });
  for (const { document, line, mark, code } of blocks) {
    if ((mark === 'worker') !== (realm === 'worker')) continue;
    // A line of its own for each that stands above it, so that errors name the right one.
    const name = `${path.basename(document, '.md')}.${line}.mjs`;
    fs.writeFileSync(path.join(directory, name), `${'\n'.repeat(line - 1)}${code}\nexport {};\n`);
  }
  const config = {
    compilerOptions: {
      target: 'ES2022',
      module: 'ESNext',
      moduleResolution: 'bundler',
      lib: ['ES2022', lib, `${lib}.Iterable`],
      allowJs: true,
      checkJs: true,
      noEmit: true,
      strict: false,
      types: [],
      skipLibCheck: true,
    },
    include: ['*.mjs', path.join(root, `test/check/documentation-${realm}.d.ts`)],
  };
  fs.writeFileSync(path.join(directory, 'tsconfig.json'), JSON.stringify(config));
}
let failed = false;
const { stdout: help } = spawnSync(path.join(root, 'build.sh'), ['help'], { encoding: 'utf8' });
const verbs = [...help.matchAll(/^ {2}(\w+)/gm)].map(([, verb]) => verb);
for (const { document, line, code } of all.filter(({ language }) => language === 'sh')) {
  const named = code.matchAll(/\.\/build\.sh (\w+)|\bnode (\S+\.mjs)|\bgo \w+ \.\/([\w/]+)/g);
  for (const [command, verb, script, directory] of named) {
    if (verb ? verbs.includes(verb) : fs.existsSync(path.join(root, script ?? directory))) continue;
    console.log(`${document}(${line}): there is nothing to do "${command}"`);
    failed = true;
  }
}
for (const realm of ['page', 'worker']) {
  const { status, stdout } = spawnSync('npx', ['tsc', '-p', path.join(cache, realm)], { cwd: root, encoding: 'utf8' });
  if (status !== 0) failed = true;
  process.stdout.write(stdout ?? '');
}
console.log(`${blocks.length} blocks of JavaScript in the documentation`);
process.exit(failed ? 1 : 0);
