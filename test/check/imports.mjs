// Which folder of jsglue may import which, and that no files import each other in a circle, not even types.
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../../jsglue');

/** Page and worker meet in shared alone. */
const ALLOWED = {
  shared: [],
  page: ['shared'],
  sw: ['shared'],
  component: ['page', 'shared'],
  frameworks: ['component', 'page', 'shared'],
  models: ['shared'],
  vite: [],
  faults: [],
  cli: ['shared', 'faults'],
  types: ['page', 'shared', 'sw', 'component', 'models'],
};

const files = fs
  .readdirSync(root, { recursive: true })
  .filter((file) => file.endsWith('.ts') && file.includes(path.sep))
  .sort();

/** The files that each imports. */
const imports = new Map();
const problems = [];
for (const file of files) {
  const source = fs.readFileSync(path.join(root, file), 'utf8');
  const found = [
    ...source.matchAll(/^(?:import|export)\b[^;'"]*?from '(\.[^']*)'|^import '(\.[^']*)'|\bimport\('(\.[^']*)'\)/gm),
  ];
  const own = file.split(path.sep)[0];
  if (!ALLOWED[own]) problems.push(`${file}: the folder ${own} is not known to ${path.basename(import.meta.filename)}`);
  const targets = found.map((match) => path.normalize(path.join(path.dirname(file), match[1] ?? match[2] ?? match[3])));
  const existing = targets.map(
    (target) => [`${target}.ts`, `${target}.d.ts`, target].find((name) => files.includes(name)) ?? target,
  );
  imports.set(file, existing);
  for (const target of existing) {
    const room = target.split(path.sep)[0];
    if (room !== own && room in ALLOWED && !ALLOWED[own]?.includes(room)) problems.push(`${file} imports ${target}`);
  }
}
if (files.length < 50) problems.push(`only ${files.length} files were found`);

const done = new Set();
function visit(file, way) {
  const at = way.indexOf(file);
  if (at >= 0) {
    problems.push(`a circle: ${[...way.slice(at), file].join(' -> ')}`);
    return;
  }
  if (done.has(file)) return;
  for (const target of imports.get(file) ?? []) visit(target, [...way, file]);
  done.add(file);
}
for (const file of files) visit(file, []);

for (const problem of problems) console.log(problem);
process.exit(problems.length > 0 ? 1 : 0);
