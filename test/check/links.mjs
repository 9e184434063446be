// Links inside the documentation: the file is there, and so is the heading.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const root = join(import.meta.dirname, '../..');
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
});

/** As GitHub makes them. */
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');

/** Without the blocks and spans of code, in which nothing is a link. */
const textOf = (name) => readFileSync(join(root, name), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
const headingsOf = (name) => [...textOf(name).matchAll(/^#+ +(.*)$/gm)].map(([, heading]) => anchor(heading.trim()));

const problems = [];
for (const name of files
  .trim()
  .split('\n')
  .filter((one) => existsSync(join(root, one)))) {
  for (const [, target] of textOf(name)
    .replaceAll(/`[^`\n]*`/g, '')
    .matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path, heading] = target.split('#');
    const file = path === '' ? name : normalize(join(dirname(name), path));
    if (!existsSync(join(root, file))) problems.push(`${name}: there is no ${target}`);
    else if (heading && file.endsWith('.md') && !headingsOf(file).includes(heading)) {
      problems.push(`${name}: ${file} has no heading #${heading}`);
    }
  }
}
for (const problem of problems) console.log(`links: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
