/** The log, the hashes and the controls, by HTTP. They are never stopped, and answer every origin. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { FaultsError, wholeNumber } from './parameters';
import type { Site } from './site';

export async function control(
  site: Site,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  query: URLSearchParams,
): Promise<void> {
  const name = query.get('name') ?? '';
  const state = () => ({ sending: site.connections.sending(name), stoppedMs: site.connections.remaining(name) });
  const number = (parameter: string): number | undefined => {
    try {
      return query.has(parameter) ? wholeNumber(query.get(parameter)!) : undefined;
    } catch (error) {
      throw new FaultsError(`parameter "${parameter}": ${(error as Error).message}`);
    }
  };
  const pathOf = (): [string, URLSearchParams] => {
    const path = query.get('path') ?? '';
    query.delete('path');
    return [path, query];
  };
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Cache-Control', 'no-store');
  if (request.method === 'OPTIONS') {
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST, DELETE');
    response.setHeader('Access-Control-Allow-Headers', String(request.headers['access-control-request-headers'] ?? ''));
    response.writeHead(204).end();
    return;
  }
  const done = () => response.writeHead(204).end();
  const send = (value: unknown) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(`${JSON.stringify(value)}\n`);
  };
  switch (`${request.method} ${path}`) {
    case 'GET /__log__':
      send(query.has('name') ? site.journal.entries(name) : site.journal.all());
      break;
    case 'DELETE /__log__':
      site.journal.forget(name);
      done();
      break;
    case 'GET /__sha256__':
      response.setHeader('Content-Type', 'text/plain; charset=utf-8');
      response.end(await site.sha256(query));
      break;
    case 'POST /__control__/mount':
      site.mount(...pathOf());
      done();
      break;
    case 'POST /__control__/unmount':
      site.unmount(pathOf()[0]);
      done();
      break;
    case 'POST /__control__/cut':
      send({ broken: site.connections.cut(name) });
      break;
    case 'POST /__control__/stop':
      site.connections.stop(name, number('ms') ?? 10_000);
      send(state());
      break;
    case 'POST /__control__/start':
      site.connections.start(name);
      send(state());
      break;
    case 'POST /__control__/answer':
      site.phases.begin(name, { status: number('status'), ms: number('ms'), retryafter: query.get('retryafter') ?? '' });
      send(state());
      break;
    case 'GET /__control__/state':
      send(state());
      break;
    default:
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
  }
}
