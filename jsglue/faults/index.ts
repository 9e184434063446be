/**
 * A server for tests of sites: it serves a folder, and breaks as it is told. `npx background-fetch-wasm
 * faults` is the same as a program.
 */

import type { FaultLogEntry } from './journal';
import { type FaultParameters, FaultsError, parseOptions, queryOf } from './parameters';
import { Listener } from './server';
import { Site } from './site';

export { FaultsError };
export type { FaultLogEntry, FaultParameters };

export interface FaultServerOptions {
  /** What the site is served from. Without it there is generated content only. */
  folder?: string;
  /** 0, a free one, by default. */
  port?: number;
  /** 127.0.0.1 by default. */
  host?: string;
  /** Path of the site -> what goes wrong with it, see `mount()`. */
  mounts?: Record<string, FaultParameters>;
}

export interface FaultServer {
  /** Such as http://127.0.0.1:8000, without a slash at the end. */
  readonly url: string;
  /** The URL of a resource with a name of its own: generated content, or with `file` a file of the folder. */
  file(name: string, parameters?: FaultParameters): string;
  /**
   * Gives a path of the site faults, whatever the query of a request to it. The content is the file there,
   * or with `size` generated. Its log and its count begin anew.
   */
  mount(path: string, parameters: FaultParameters): void;
  /** The path is served as usual again. */
  unmount(path: string): void;
  /** What was asked for, oldest first. The name of what is no /file/<name> is its path, such as "/media/a.mp4". */
  log(name: string): FaultLogEntry[];
  /** Forgets the log, the number of requests and the faults that happened, of a name or of all. */
  forget(name?: string): void;
  /** Resets all connections that are sending, and tells how many these were. */
  cut(name?: string): number;
  /** Resets them, and each new one for so many ms (10000). */
  stop(options?: { ms?: number; name?: string }): void;
  /** Ends that at once. */
  start(name?: string): void;
  /** Answers each request with the status (503) for so many ms (10000). 200 is a page of HTML, as of a captive portal. */
  answer(options?: { status?: number; ms?: number; retryafter?: string | number; name?: string }): void;
  /** SHA-256 in hex of generated content, or of a file of the folder. */
  sha256(content: Pick<FaultParameters, 'size' | 'seed' | 'text' | 'file'>): Promise<string>;
  /** Ends the server and all its connections. */
  close(): Promise<void>;
}

/** Starts a server. It rejects with a FaultsError for what it was given wrong, such as a port that is taken. */
export async function startFaults(options: FaultServerOptions = {}): Promise<FaultServer> {
  const { folder, port = 0, host = '127.0.0.1', mounts = {} } = options;
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new FaultsError(`parameter "port": ${port} is no whole number from 0 to 65535`);
  }
  const site = new Site(folder);
  for (const [path, parameters] of Object.entries(mounts)) site.mount(path, queryOf(parameters));
  const listener = new Listener(site);
  const url = await listener.listen(port, host);
  return {
    url,
    file: (name, parameters = {}) => {
      parseOptions(queryOf(parameters)); // throws here what would be said to the client
      return `${url}/file/${encodeURIComponent(name)}?${new URLSearchParams(queryOf(parameters))}`;
    },
    mount: (path, parameters) => site.mount(path, queryOf(parameters)),
    unmount: (path) => site.unmount(path),
    log: (name) => site.journal.entries(name),
    forget: (name) => site.journal.forget(name),
    cut: (name = '') => site.connections.cut(name),
    stop: ({ ms = 10_000, name = '' } = {}) => site.connections.stop(name, ms),
    start: (name = '') => site.connections.start(name),
    answer: ({ name = '', ...phase } = {}) => site.phases.begin(name, phase),
    sha256: async (content) => site.sha256(queryOf(content)),
    close: () => listener.close(),
  };
}
