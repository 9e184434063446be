/**
 * `npx background-fetch-wasm init <folder>`: copies what a site serves into
 * `<folder>/background-fetch/`, and says what is left to do. It overwrites what a version
 * of this package has put there, and nothing else.
 *
 * `npx background-fetch-wasm faults <folder>`: see ./faults.ts.
 */

import { createHash, randomUUID } from 'node:crypto';
import { constants, copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../shared/version';
import { FaultsError } from '../faults';
import { FAULTS_USAGE, faults } from './faults';

const USAGE = `background-fetch-wasm ${VERSION}

usage: npx background-fetch-wasm init [--force] <folder>
       npx background-fetch-wasm faults [--port N] [--host H] [--mount /path?faults]... [<folder>]

init: <folder> is what your site serves at its root, often public/. The files go to
  <folder>/background-fetch/; run it again after each update of the package.

  --force  overwrites files there, too, that are not of this package, or were changed

${FAULTS_USAGE}`;

const FOLDER = 'background-fetch';
const MANIFEST = 'manifest.json';

/** What a version has put there; jsglue/build.mjs writes it. */
interface Manifest {
  version: string;
  files: Record<string, { integrity: string }>;
}

/** Says what is wrong and what to do, without a stack. */
class Refusal extends Error {}

function init(folder: string, force: boolean): void {
  if (!existsSync(folder)) {
    throw new Refusal(`There is no folder ${folder}. Name the one that your site is served from, or make it: mkdir ${folder}`);
  }
  if (!statSync(folder).isDirectory()) throw new Refusal(`${folder} is not a folder.`);
  const source = dirname(fileURLToPath(import.meta.url));
  const target = join(folder, FOLDER);
  const names = [...Object.keys(manifestIn(source)!.files), MANIFEST];
  // Nothing is written unless all can be.
  refuseForeign(folder, target, source, names, force);
  const before = versionIn(target, names);

  mkdirSync(target, { recursive: true });
  // The manifest last: until then the one before says what was there.
  for (const name of names) put(join(source, name), join(target, name));

  if (before !== undefined && before !== VERSION) {
    console.warn(
      `Warning: ${target} had version ${before}; now it has ${VERSION}. ` +
        'Deploy all its files together, and your worker: a page and a worker of different versions may refuse each other.',
    );
  }
  console.log(`Version ${VERSION} in ${target}: ${names.join(', ')}\n`);
  console.log(adviceFor(folder));
}

/** What is at that path itself, not where it leads; undefined where there is nothing. */
function at(path: string) {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** The manifest of what a version of this package has put in a folder, undefined where there is none. */
function manifestIn(folder: string): Manifest | undefined {
  const path = join(folder, MANIFEST);
  if (!at(path)?.isFile()) return undefined;
  try {
    const { version, files } = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    // Web applications have a file of that name, too.
    const ours = ['bgfetch.wasm', 'sw.js'].every((name) => files[name]!.integrity.startsWith('sha384-'));
    return ours && typeof version === 'string' ? { version, files } : undefined;
  } catch {
    return undefined;
  }
}

/** The version of what is there, "unknown" where it does not say, undefined where there is nothing of it. */
function versionIn(target: string, names: string[]): string | undefined {
  return manifestIn(target)?.version ?? (names.some((name) => at(join(target, name))) ? 'unknown' : undefined);
}

/** Throws unless all that would be overwritten was put there by a version of this package. */
function refuseForeign(folder: string, target: string, source: string, names: string[], force: boolean): void {
  const there = at(target);
  if (there?.isSymbolicLink()) {
    throw new Refusal(`${target} is a link, and nothing is written through links. Remove it, or make it a folder.`);
  }
  if (there && !there.isDirectory()) throw new Refusal(`${target} is not a folder.`);
  const odd = names.filter((name) => isOdd(join(target, name)));
  if (odd.length > 0) throw new Refusal(`In ${target} these are no files: ${odd.join(', ')}. Nothing was written.`);
  if (force) return;
  const before = manifestIn(target);
  const foreign = names.filter((name) => !isOurs(join(target, name), join(source, name), before?.files[name]?.integrity));
  if (foreign.length === 0) return;
  throw new Refusal(
    `In ${target} these are not of background-fetch-wasm, were changed, or are links: ${foreign.join(', ')}. Nothing was written.\n` +
      `Move them away, or overwrite them: npx background-fetch-wasm init --force ${folder}`,
  );
}

function isOdd(path: string): boolean {
  const there = at(path);
  return there !== undefined && !there.isFile() && !there.isSymbolicLink();
}

/** Whether nothing is lost with it: it is not there, is the same, or is as it was put there. */
function isOurs(path: string, source: string, integrity: string | undefined): boolean {
  const there = at(path);
  if (!there) return true;
  if (!there.isFile()) return false;
  if (path.endsWith(MANIFEST) && manifestIn(dirname(path))) return true;
  const content = readFileSync(path);
  return content.equals(readFileSync(source)) || integrity === `sha384-${createHash('sha384').update(content).digest('base64')}`;
}

/** Copies a file, whole or not at all. A link in its place is replaced, not followed. */
function put(source: string, path: string): void {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    copyFileSync(source, temporary, constants.COPYFILE_EXCL);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function adviceFor(folder: string): string {
  const script = `importScripts('/${FOLDER}/sw.js');`;
  const worker = ['sw.js', 'service-worker.js', 'serviceworker.js'].find((name) =>
    statSync(join(folder, name), { throwIfNoEntry: false })?.isFile(),
  );
  const lines: string[] = [];
  if (!worker) lines.push(`1. Make ${join(folder, 'sw.js')}, your service worker, with this line:`, '', `     ${script}`);
  else if (readFileSync(join(folder, worker), 'utf8').includes(`${FOLDER}/sw.js`)) {
    lines.push(`1. ${join(folder, worker)} has the line that it needs.`);
  } else lines.push(`1. Add this as the first line of ${join(folder, worker)}:`, '', `     ${script}`);
  return [
    ...lines,
    '',
    "2. In your pages, before your own scripts (with a bundler: import { install } from 'background-fetch-wasm', and call it, instead of page.js):",
    '',
    `     <script src="/${FOLDER}/page.js"></script>`,
    `     <script>navigator.serviceWorker.register('/${worker ?? 'sw.js'}')</script>`,
    '',
    'If your site is not at the root of its host, write its path before the slash.',
  ].join('\n');
}

async function main([verb, ...more]: string[]): Promise<void> {
  if (verb === 'faults') return faults(more);
  const [folder, ...others] = more.filter((argument) => argument !== '--force');
  if (verb === 'init' && folder && others.length === 0) return init(folder, more.includes('--force'));
  if (verb === '--version') return console.log(VERSION);
  if (verb === undefined || verb === '--help') return console.log(USAGE);
  throw new Refusal(verb === 'init' ? 'init needs one folder.\n\n' + USAGE : `There is no command ${verb}.\n\n${USAGE}`);
}

const args = process.argv.slice(2);
try {
  await main(args);
} catch (error) {
  const code = (error as NodeJS.ErrnoException).code;
  if (!(error instanceof Refusal || error instanceof FaultsError) && code === undefined) throw error;
  console.error((error as Error).message);
  process.exitCode = args[0] === 'faults' ? 2 : 1;
}
