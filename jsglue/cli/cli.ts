/**
 * `npx background-fetch-wasm init <folder>`: copies what a site serves into
 * `<folder>/background-fetch/`, and says what is left to do.
 */

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../shared/version';

const USAGE = `background-fetch-wasm ${VERSION}

usage: npx background-fetch-wasm init <folder>

  <folder> is what your site serves at its root, often public/. The files go to
  <folder>/background-fetch/; run it again after each update of the package.
`;

const FOLDER = 'background-fetch';
const MANIFEST = 'manifest.json';

/** Says what is wrong and what to do, without a stack. */
class Refusal extends Error {}

function init(folder: string): void {
  if (!existsSync(folder)) {
    throw new Refusal(`There is no folder ${folder}. Name the one that your site is served from, or make it: mkdir ${folder}`);
  }
  if (!statSync(folder).isDirectory()) throw new Refusal(`${folder} is not a folder.`);
  const target = join(folder, FOLDER);
  const before = versionIn(target);
  mkdirSync(target, { recursive: true });
  const source = dirname(fileURLToPath(import.meta.url));
  const manifest = JSON.parse(readFileSync(join(source, MANIFEST), 'utf8')) as { files: Record<string, unknown> };
  const names = [...Object.keys(manifest.files), MANIFEST];
  for (const name of names) copyFileSync(join(source, name), join(target, name));

  if (before !== undefined && before !== VERSION) {
    console.warn(
      `Warning: ${target} had version ${before}; now it has ${VERSION}. ` +
        'Deploy all its files together, and your worker: a page and a worker of different versions may refuse each other.',
    );
  }
  console.log(`${target}: ${names.join(', ')} of version ${VERSION}\n`);
  console.log(adviceFor(folder));
}

/** The version of what is there, "unknown" where it does not say, undefined where there is nothing. */
function versionIn(target: string): string | undefined {
  if (!existsSync(target) || readdirSync(target).length === 0) return undefined;
  try {
    return String((JSON.parse(readFileSync(join(target, MANIFEST), 'utf8')) as { version: string }).version);
  } catch {
    return 'unknown';
  }
}

function adviceFor(folder: string): string {
  const script = `importScripts('/${FOLDER}/sw.js');`;
  const worker = ['sw.js', 'service-worker.js', 'serviceworker.js'].find((name) => existsSync(join(folder, name)));
  const lines: string[] = [];
  if (!worker) lines.push(`1. Make ${join(folder, 'sw.js')}, your service worker, with this line:`, '', `     ${script}`);
  else if (readFileSync(join(folder, worker), 'utf8').includes(`${FOLDER}/sw.js`)) {
    lines.push(`1. ${join(folder, worker)} has the line that it needs.`);
  } else lines.push(`1. Add this as the first line of ${join(folder, worker)}:`, '', `     ${script}`);
  return [
    ...lines,
    '',
    '2. In your pages, before your own scripts (with a bundler `install()` of the package instead of page.js):',
    '',
    `     <script src="/${FOLDER}/page.js"></script>`,
    `     <script>navigator.serviceWorker.register('/${worker ?? 'sw.js'}')</script>`,
    '',
    'If your site is not at the root of its host, write its path before the slash.',
  ].join('\n');
}

function main([verb, folder, ...more]: string[]): void {
  if (verb === 'init' && folder && more.length === 0) return init(folder);
  if (verb === '--version') return console.log(VERSION);
  if (verb === undefined || verb === '--help') return console.log(USAGE);
  throw new Refusal(verb === 'init' ? 'init needs one folder.\n\n' + USAGE : `There is no ${verb}.\n\n${USAGE}`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  const code = (error as NodeJS.ErrnoException).code;
  if (!(error instanceof Refusal) && code === undefined) throw error;
  console.error((error as Error).message);
  process.exitCode = 1;
}
