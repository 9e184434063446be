// The fault server (test/faultserver) as a process, and its log.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { killTag, start, within } from './processes.mjs';

export const root = path.resolve(import.meta.dirname, '../../..');
const binary = path.join(root, 'test/.cache/faultserver');
let built;

/** Compiles the fault server, once for the run. */
export function build() {
  built ??= promisify(execFile)('go', ['build', '-o', binary, './test/faultserver/serve'], { cwd: root });
  return built;
}

/**
 * The origins that this run has had. A system gives a port that is free again to somebody else,
 * and a browser still has there what an earlier test stored.
 */
const origins = new Set();

/**
 * Starts one with two origins; directories are {urlPrefix: directory}, `address` is other than a port of
 * localhost, `cors` lets all origins read them.
 */
export async function startServer(directories, options = {}) {
  for (;;) {
    const server = await startProcess(directories, options);
    const fresh = [server.url, server.url2].every((origin) => !origins.has(origin));
    origins.add(server.url).add(server.url2);
    if (fresh) return server;
    await server.close();
  }
}

async function startProcess(directories, { address, cors }) {
  await build();
  const flags = Object.entries(directories).flatMap(([prefix, dir]) => ['-dir', `${prefix}=${dir}`]);
  if (address) flags.push('-addr', address);
  if (cors) flags.push('-cors');
  const child = start(binary, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await within(
    20_000,
    'the fault server',
    new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the fault server ended with ${code}`)));
      child.stdout.once('data', (data) => resolve(String(data)));
    }),
  );
  const { url, url2 } = JSON.parse(line);
  return new FaultServer(child, url, url2);
}

/** The directories that tests use. */
export const directories = {
  '/': path.join(root, 'test/browser/static'),
  '/dist/': path.join(root, 'dist'),
  '/suite/': path.join(root, 'test/.cache/suite'),
};

export class FaultServer {
  constructor(child, url, url2) {
    this.child = child;
    this.url = url;
    this.url2 = url2;
  }

  /** URL of a resource; see the package comment of test/faultserver. */
  file(name, options = {}, origin = this.url) {
    return `${origin}/file/${name}?${new URLSearchParams(options)}`;
  }

  async #get(pathAndQuery, init) {
    const response = await fetch(this.url + pathAndQuery, { ...init, signal: AbortSignal.timeout(20_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`fault server: ${pathAndQuery}: ${response.status} ${text}`);
    return text;
  }

  /** What was asked for under this name, oldest first. */
  async log(name) {
    return JSON.parse(await this.#get(`/__log__?name=${encodeURIComponent(name)}`));
  }

  /** Entries of all names that begin with the prefix. */
  async logs(prefix) {
    const all = Object.entries(JSON.parse(await this.#get('/__log__')));
    return Object.fromEntries(all.filter(([name]) => name.startsWith(prefix)));
  }

  sha256(options) {
    return this.#get(`/__sha256__?${new URLSearchParams(options)}`);
  }

  control(command, parameters = {}) {
    return this.#get(`/__control__/${command}?${new URLSearchParams(parameters)}`, { method: 'POST' });
  }

  async close() {
    this.child.removeAllListeners('exit');
    await killTag(this.child.tag);
  }
}
