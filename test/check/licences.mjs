// Licences: what is linked into the program stands in THIRD_PARTY_NOTICES with its
// version, and the development tools have licences that allow their use.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const read = (name) => readFileSync(join(root, name), 'utf8');
const problems = [];

const allowed =
  /^\(?(MIT|MIT-0|ISC|BSD-2-Clause|BSD-3-Clause|0BSD|Apache-2\.0|CC0-1\.0|BlueOak-1\.0\.0|Python-2\.0|Unlicense|W3C)( (OR|AND) .*)?\)?$/;
/** Development tools that are used as they are, and not shipped. */
const tolerated = { 'node_modules/axe-core': 'MPL-2.0' };

const packagesOf = (lock) => Object.entries(JSON.parse(read(lock)).packages).filter(([name, { link }]) => name !== '' && !link);

for (const [name, { license }] of packagesOf('tools/package-lock.json')) {
  if (!allowed.test(license ?? '')) problems.push(`${name}: licence ${license}`);
}
for (const [name, { license, dev }] of packagesOf('package-lock.json')) {
  if (!dev) problems.push(`${name}: the package has no run-time dependencies, this is one`);
  if (!allowed.test(license ?? '') && tolerated[name] !== license) problems.push(`${name}: licence ${license}`);
}

const notices = read('THIRD_PARTY_NOTICES');
const format = '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}';
const modules = execFileSync('go', ['list', '-deps', '-f', format, './wasm'], {
  cwd: root,
  encoding: 'utf8',
  env: { ...process.env, GOOS: 'js', GOARCH: 'wasm' },
});
for (const line of new Set(modules.trim().split('\n'))) {
  const [path, version] = line.split(' ');
  const name = path.replace(/\/v\d+$/, '');
  const noted = notices.split('\n').some((text) => text.includes(name) && text.includes(version));
  if (!noted) problems.push(`${path} ${version} is in the program, but not in THIRD_PARTY_NOTICES`);
}

for (const problem of problems) console.log(`licences: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
