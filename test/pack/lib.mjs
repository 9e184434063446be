// What the tests of the package share: the tarball, folders, programs.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../browser/lib/directories.mjs';

export const root = path.resolve(import.meta.dirname, '../..');
/** The files with texts of other languages than English. */
export const texts = fs.readdirSync(path.join(root, 'jsglue/texts')).map((name) => `texts.${name}`);
export const cases = [];
const closers = [];

/** One that is `long` runs with --long alone. */
export function test(name, run, { long = false } = {}) {
  cases.push({ name, run, long });
}

/** To be called when all tests are done. */
export function onClose(closer) {
  closers.push(closer);
}

export async function close() {
  await Promise.all(closers.map((closer) => closer()));
}

/** Runs a program to its end; the error of one that fails has stdout and stderr. */
export async function run(command, args, { cwd = root, ...options } = {}) {
  return promisify(execFile)(command, args, { cwd, maxBuffer: 32 * 1024 * 1024, ...options });
}

export const folder = (name = 'pack') => temporaryDirectory(name);

/** A function whose first result is that of all calls. */
export function once(make) {
  let made;
  return () => (made ??= make());
}

/** The path of a tarball that was just made of a checkout. */
export async function pack(checkout = root) {
  const to = folder('tarball');
  await run('./build.sh', ['pack', '--pack-destination', to], { cwd: checkout });
  return path.join(to, fs.readdirSync(to)[0]);
}

/** What is tested: the tarball that run.mjs was given, or one that is made. */
export const tarball = once(async () => given ?? pack());

let given;
export function giveTarball(file) {
  given = file && path.resolve(file);
}

/** A copy of a folder of this project with the tarball installed in it, beside what its lock names. */
export async function installed(from) {
  const to = folder(path.basename(from ?? 'empty'));
  if (from) fs.cpSync(path.join(root, from), to, { recursive: true, filter: (name) => !name.includes('node_modules') });
  const file = path.join(to, 'package.json');
  const description = from ? JSON.parse(fs.readFileSync(file, 'utf8')) : { private: true, type: 'module', devDependencies: {} };
  description.devDependencies['background-fetch-wasm'] = `file:${await tarball()}`;
  fs.writeFileSync(file, JSON.stringify(description));
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel', 'error'], { cwd: to });
  return to;
}

const builds = new Map();

/** An example that is installed and built, once for all tests of it. */
export function buildOf(name, env = async () => process.env) {
  if (!builds.has(name)) builds.set(name, build(name, env));
  return builds.get(name);
}

async function build(name, env) {
  const directory = await installed(`examples/${name}`);
  await run('npm', ['run', 'build', '--loglevel', 'error'], { cwd: directory, env: await env() });
  return directory;
}
