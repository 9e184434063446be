// Names in the documentation: what stands in backticks as a file or an identifier, and what
// a table names as a test, is there. So are files that the code names. Shell lines and links
// have checks of their own.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const run = (command, ...args) => execFileSync(command, args, { cwd: root, encoding: 'utf8' }).trim().split('\n');
const read = (name) => readFileSync(join(root, name), 'utf8');

const files = run('git', 'ls-files', '--cached', '--others', '--exclude-standard').filter((name) => existsSync(join(root, name)));
const documents = files.filter((name) => name.endsWith('.md'));
const sources = files.filter(
  (name) => /\.(go|[mc]?[jt]s|html|css|sh|mod|json)$/.test(name) && !/package-lock.json$|^test\/check\/names.mjs$/.test(name),
);
const identifiers = new Set(sources.flatMap((name) => read(name).match(/[A-Za-z_]\w*/g) ?? []));
const scenarios = run('node', 'test/browser/run.mjs', '--list');

/** Names of browsers and of Go that the documentation explains, and nothing here uses. */
const elsewhere = new Set(['responseStatus', 'ServeMux']);

/** Two words in one: what prose does not have. */
const identifier = /[A-Za-z_]*(?:[a-z\d][A-Z]|[A-Za-z\d]_[A-Za-z\d])\w*/g;
const ours = /^(wasm|jsglue|test|docs|examples|tools|demo|\.github)\/[\w./-]*$/;
const source = /^[\w.-]+(\/[\w.-]+)*\.(go|ts|mjs|sh)$/;
/** Made by a build, a test or the reader. */
const made = /^test\/\.(cache|results)\b|^demo\/files\b|^vite\.config\.mjs$/;

/** Whether there is such a file or folder, with or without the folders above it. */
const isFile = (name, whole) => {
  const path = name.replace(/^\.\/|\/$/g, '');
  return files.some((one) => one === path || one.startsWith(`${path}/`) || (!whole && one.endsWith(`/${path}`)));
};

function* problemsOf(span) {
  if (ours.test(span) || source.test(span)) {
    if (!made.test(span) && !isFile(span, ours.test(span) && !source.test(span))) yield `there is no file ${span}`;
    return;
  }
  for (const [name] of span.matchAll(identifier)) {
    if (!identifiers.has(name) && !elsewhere.has(name)) yield `nothing is called ${name}`;
  }
}

/** In a column of tests quoted names are those of scenarios, `…` stands for the rest of one. Tests in Go are in the file they link to. */
function* testProblems(document, cell) {
  for (const [, name, link] of cell.matchAll(/\[`(\w+)`\]\(([^)#]+)\)/g)) {
    const file = join(dirname(document), link);
    if (files.includes(file) && !read(file).includes(`func ${name}(`)) yield `${link} has no ${name}`;
  }
  for (const [, name] of cell.matchAll(/"([^"]+)"/g)) {
    const [begin, cut] = name.split('…');
    const found = scenarios.some((one) => (cut === undefined ? one === name : one.startsWith(begin.trimEnd())));
    if (!found) yield `there is no scenario "${name}"`;
  }
}

let failed = false;
for (const document of documents) {
  const text = read(document).replaceAll(/^ *```[\s\S]*?^ *```/gm, (block) => block.replaceAll(/.*/g, ''));
  let hasTests = false;
  for (const [index, line] of text.split('\n').entries()) {
    const last = line.startsWith('|') ? line.split('|').at(-2).trim() : undefined;
    if (last === undefined) hasTests = false;
    else if (/^(Tests?|Held by)$/.test(last)) hasTests = true;
    const problems = [...line.matchAll(/`([^`]+)`/g)].flatMap(([, span]) => [...problemsOf(span)]);
    if (hasTests) problems.push(...testProblems(document, last));
    for (const problem of problems) {
      console.log(`${document}(${index + 1}): ${problem}`);
      failed = true;
    }
  }
}
// Files that comments of the code name.
for (const name of sources) {
  for (const [index, line] of read(name).split('\n').entries()) {
    for (const [path] of line.matchAll(/\b(?<!\/)(wasm|jsglue|test|docs|examples|demo)\/[\w/.-]+\.(go|ts|mjs|md|sh)\b/g)) {
      if (files.includes(path) || made.test(path)) continue;
      console.log(`${name}(${index + 1}): there is no file ${path}`);
      failed = true;
    }
  }
}
process.exit(failed ? 1 : 0);
