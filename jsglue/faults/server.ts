/** Listens, and hands each request to the controls or to the site. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { control } from './control';
import { FaultsError } from './parameters';
import type { Site } from './site';

export class Listener {
  readonly #site: Site;
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  constructor(site: Site) {
    this.#site = site;
  }

  /** Resolves with the URL when it listens. */
  listen(port: number, host: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
        if (code === 'EADDRINUSE')
          reject(new FaultsError(`parameter "port": ${port} is taken on ${host}; use 0 for any free one`));
        else if (code === 'EACCES') reject(new FaultsError(`parameter "port": ${port} is not allowed; use 0 for any free one`));
        else reject(new FaultsError(`parameter "host": ${message}`));
      });
      this.#server.listen(port, host, () => {
        const { address, family, port: taken } = this.#server.address() as AddressInfo;
        const any = address === '0.0.0.0' || address === '::';
        resolve(`http://${any ? 'localhost' : family === 'IPv6' ? `[${address}]` : address}:${taken}`);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { path, query } = targetOf(request);
      if (path.startsWith('/__')) await control(this.#site, request, response, path, query);
      else await this.#site.serve(request, response, path, query);
    } catch (error) {
      sayWrong(response, error);
    }
  }
}

/** Path, as text, and query of what is asked for. */
function targetOf({ url = '/' }: IncomingMessage): { path: string; query: URLSearchParams } {
  try {
    // Not relative to a base: two slashes would begin a host.
    const { pathname, searchParams } = new URL(url.startsWith('/') ? `http://host${url}` : url);
    return { path: decodeURIComponent(pathname), query: searchParams };
  } catch {
    throw new FaultsError(`${JSON.stringify(url)} is no URL`);
  }
}

/** 400 for what the client has said wrong; else the connection ends, and the console says why. */
function sayWrong(response: ServerResponse, error: unknown): void {
  if (!(error instanceof FaultsError) || response.headersSent) {
    if (!(error instanceof FaultsError)) console.error(error);
    response.socket?.resetAndDestroy();
    return;
  }
  response.statusCode = 400;
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.end(`${error.message}\n`);
}
