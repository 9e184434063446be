/** What a server serves, and what it remembers. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Answer } from './answer';
import { Connections, Links } from './connections';
import { Generated, sha256 } from './content';
import { Folder } from './folder';
import { type FaultLogEntry, Journal, type Outcome } from './journal';
import { FaultsError, type Options, parseOptions } from './parameters';
import { Phases } from './phases';

export class Site {
  readonly journal = new Journal();
  readonly connections = new Connections();
  readonly phases = new Phases();
  readonly links = new Links();
  /** Path -> its parameters. */
  readonly #mounts = new Map<string, Options>();
  readonly #folder: Folder | undefined;

  constructor(folder: string | undefined) {
    this.#folder = folder === undefined ? undefined : new Folder(folder);
  }

  /** Gives a path of the site faults, and forgets what happened there. */
  mount(path: string, query: Iterable<[string, string]>): void {
    if (!path.startsWith('/')) throw new FaultsError(`parameter "path": ${JSON.stringify(path)} does not begin with a slash`);
    this.#mounts.set(path, parseOptions(query));
    this.journal.forget(path);
  }

  unmount(path: string): void {
    this.#mounts.delete(path);
  }

  /** SHA-256 of generated content, or of a file of the folder. */
  async sha256(query: Iterable<[string, string]>): Promise<string> {
    const { file, seed, size = 0, text } = parseOptions(query);
    if (file === undefined) return sha256(new Generated(seed, size, text));
    const found = await this.#folder?.open(file);
    if (!found || found === 'folder') throw new FaultsError(`parameter "file": there is no ${file}`);
    try {
      return await sha256(found);
    } finally {
      await found.close();
    }
  }

  /** Answers for a path: of the site, or /file/<name> for what the query says. */
  async serve(request: IncomingMessage, response: ServerResponse, path: string, query: URLSearchParams): Promise<void> {
    const mounted = this.#mounts.get(path);
    const [, name] = /^\/file\/(.+)$/s.exec(path) ?? [];
    if (mounted || name === undefined) await this.#resource(request, response, path, mounted ?? NOTHING, path);
    else await this.#resource(request, response, name, parseOptions(query));
  }

  /** `path` is that in the folder, of a request that has one. */
  async #resource(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    options: Options,
    path?: string,
  ): Promise<void> {
    const exchange = this.connections.begin(name, response);
    const entry = entryOf(request);
    const stopped = this.connections.remaining(name) > 0;
    const counts = !stopped && request.method !== 'HEAD' && request.method !== 'OPTIONS';
    const { number, asked } = this.journal.begin(name, entry, counts);
    const begun = performance.now();
    let outcome: Outcome = 'client-left';
    try {
      if (stopped) {
        exchange.reset();
        outcome = 'refused';
        return;
      }
      const phase = this.phases.of(name);
      const own = options.size === undefined ? path : undefined;
      const about = { request, response, exchange, entry, options, number, asked, phase };
      outcome = await new Answer(this, { ...about, folder: this.#folder, path: options.file ?? own }).serve();
    } catch (error) {
      if (exchange.broken) outcome = 'broken';
      else if (!exchange.signal.aborted) throw error;
    } finally {
      this.connections.end(exchange);
      entry.outcome ||= outcome;
      entry.ms = Math.max(1, Math.round(performance.now() - begun));
    }
  }
}

const NOTHING = parseOptions([]);

function entryOf({ method = 'GET', url = '/', headers }: IncomingMessage): FaultLogEntry {
  const one = (header: string, key: string) => (headers[header] ? { [key]: String(headers[header]) } : {});
  return {
    time: new Date().toISOString(),
    method,
    url,
    range: headers.range ?? '',
    ...one('if-range', 'ifRange'),
    ...one('accept-encoding', 'acceptEncoding'),
    ...one('priority', 'priority'),
    origin: headers.origin ?? '',
    status: 0,
    bytesSent: 0,
    outcome: '',
    ms: 0,
  };
}
